import Domain
import Glibc
import Scheduling
import Testing

@Suite struct OnCalendarTests {
    @Test(
        "the next instant, before, at and after it",
        arguments: [
            ("daily", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"),
            ("daily", "2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
            ("weekly", "2024-02-28T00:00:00Z", "2024-03-04T00:00:00Z"),
            ("monthly", "2024-12-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("03:00", "2024-01-01T02:59:59Z", "2024-01-01T03:00:00Z"),
            ("03:00", "2024-01-01T03:00:00Z", "2024-01-02T03:00:00Z"),
            ("*-*-* 3:00:05", "2024-01-01T03:00:00Z", "2024-01-01T03:00:05Z"),
            ("Mon,Thu 03:00", "2024-01-01T03:00:00Z", "2024-01-04T03:00:00Z"),
            ("Mon..Fri 03:00", "2024-01-05T03:00:00Z", "2024-01-08T03:00:00Z"),
            ("Sunday *-*-* 03:00", "2024-01-01T03:00:00Z", "2024-01-07T03:00:00Z"),
            ("*-*-31 03:00", "2024-01-31T03:00:00Z", "2024-03-31T03:00:00Z"),
            ("*-02-29", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("Mon *-02-29", "2072-03-01T00:00:00Z", "2112-02-29T00:00:00Z"),
            ("*-01,07-01..03 12:00", "2024-01-03T12:00:00Z", "2024-07-01T12:00:00Z"),
            ("hourly", "2024-12-31T23:00:00Z", "2025-01-01T00:00:00Z"),
            ("minutely", "2024-02-28T23:59:00Z", "2024-02-29T00:00:00Z"),
            ("*:0/15", "2024-01-01T03:45:00Z", "2024-01-01T04:00:00Z"),
            ("8..18/2:00", "2024-01-01T18:00:00Z", "2024-01-02T08:00:00Z"),
            ("*:*:0/20", "2024-01-01T03:00:41Z", "2024-01-01T03:01:00Z"),
            ("*-*~1", "2024-02-29T00:00:00Z", "2024-03-31T00:00:00Z"),
            ("*-02~1", "2024-02-29T00:00:00Z", "2025-02-28T00:00:00Z"),
            ("Mon *-05~07/1", "2024-01-01T00:00:00Z", "2024-05-27T00:00:00Z"),
            ("*-*~01..03 06:00", "2024-04-28T06:00:00Z", "2024-04-29T06:00:00Z"),
            ("*-*-1/10", "2024-01-21T00:00:00Z", "2024-01-31T00:00:00Z"),
            ("2026..2027-06-01", "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"),
            ("26-1-1", "2024-06-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("@1790000000", "2024-06-01T00:00:00Z", "2026-09-21T14:13:20Z"),
            ("03:00 Europe/Berlin", "2024-07-01T00:00:00Z", "2024-07-01T01:00:00Z"),
            ("Mon-Wed,Fri, 03:00 UTC", "2024-01-03T03:00:00Z", "2024-01-05T03:00:00Z"),
            ("anually", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
        ]
    )
    func next(text: String, after: String, expected: String) throws {
        let next = try OnCalendar(text).next(after: try utc(after), in: .utc)
        #expect(next?.wholeSeconds == expected)
    }

    @Test("what is over has no next instant")
    func over() throws {
        #expect(
            try OnCalendar("2020-01-01").next(after: try utc("2020-01-01T00:00:00Z"), in: .utc)
                == nil
        )
        #expect(
            try OnCalendar("daily").next(after: try utc("2199-12-31T00:00:00Z"), in: .utc) == nil
        )
    }

    @Test("a rare day is found at once")
    func rare() throws {
        let rare = try OnCalendar("Mon *-02-29 *:59:59.5")
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let start = ContinuousClock.now
        var instant = try utc("1970-01-01T00:00:00Z")
        for _ in 0..<100 { instant = try #require(rare.next(after: instant, in: berlin)) }
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(instant.description == "2112-02-29T02:59:59.500Z", "four days have 24 each")
    }

    @Test("fractions of seconds")
    func fractions() throws {
        let often = try OnCalendar("*:*:0..1/0.4")
        var instant = try utc("2024-01-01T00:00:00Z")
        var found: [String] = []
        for _ in 0..<3 {
            instant = try #require(often.next(after: instant, in: .utc))
            found.append(String(instant.description.suffix(7)))
        }
        #expect(found == ["00.400Z", "00.800Z", "00.000Z"])
    }

    @Test("several expressions are a union")
    func union() throws {
        let union = Schedule(
            try ["03:00", "Mon 02:00", "3:0"].map { try OnCalendar($0) },
            in: .utc
        )
        var instant = try utc("2024-01-07T03:00:00Z")
        var found: [String] = []
        for _ in 0..<3 {
            instant = try #require(union.due(after: instant))
            found.append(instant.wholeSeconds)
        }
        #expect(
            found == ["2024-01-08T02:00:00Z", "2024-01-08T03:00:00Z", "2024-01-09T03:00:00Z"]
        )
        #expect(Schedule(in: .utc).due(after: instant) == nil)
    }

    @Test(
        "what is not understood is named with the reason",
        arguments: [
            ("", "it is empty"),
            ("Mo 03:00", "\"mo\" is not a weekday"),
            ("Fri..Mon 03:00", "the range \"fri..mon\" runs backwards"),
            ("*:*/10", "\"*/10\" is not a minute, write \"0/10\""),
            ("24:00", "\"24\" is not an hour"), ("*:60", "\"60\" is not a minute"),
            ("*-*-5/27", "the step of \"5/27\" leads past its end"),
            ("3:00:0.1..0.2", "the range \"0.1..0.2\" needs a step such as /0.5"),
            ("3:00/0", "\"00/0\" has a step that is not a number above 0"),
            ("3:30..10", "the range \"30..10\" runs backwards"),
            ("03:00 Europe/Berlni", "time zone \"Europe/Berlni\" does not exist"),
            ("*-02-30", "no year has such a day"), ("Tue 2026-11-20", "no year has such a day"),
            ("*-*~29", "\"29\" is not a day from the end of the month"),
            ("2200-01-01 03:00", "\"2200\" is not a year"),
            ("*-13-01", "\"13\" is not a month"), ("*-*-0", "\"0\" is not a day"),
            ("03", "\"03\" is neither a date (*-*-*) nor a time (03:00)"),
            ("03:00 04:00", "\"04:00\" stands after the time of day"),
            ("daily 03:00", "\"03:00\" stands after \"daily\""),
            ("@12x", "\"@12x\" is not \"@\" and seconds since 1970"),
            (
                "0 3 * * *",
                "this is a cron line, which `clvctl cron2calendar '0 3 * * *'` writes as a schedule"
            ),
            (
                "*/10 3 1,15 jan mon-fri root",
                "this is a cron line, which `clvctl cron2calendar '*/10 3 1,15 jan mon-fri root'` "
                    + "writes as a schedule"
            ),
            ("@daily", "\"@daily\" is a word of cron, write \"daily\""),
            ("@weekly UTC", "\"@weekly\" is a word of cron, write \"Sun 00:00 UTC\""),
            ("3:00 PM", "time zone \"PM\" does not exist, write \"15:00\""),
            ("Mon 12:30 am", "time zone \"am\" does not exist, write \"Mon 00:30\""),
            ("3:15pm", "\"15pm\" is not a minute, write \"15:15\""),
            ("11 PM", "time zone \"PM\" does not exist, write \"23:00\""),
            ("13:00 PM", "time zone \"PM\" does not exist"),
        ]
    )
    func refused(text: String, why: String) {
        let error = #expect(throws: SchedulingError.self) { try OnCalendar(text) }
        #expect(error == .badSchedule(text, why: why))
        #expect(error?.message == "cannot understand schedule \"\(text)\": \(why)")
    }

    @Test(
        "a fixed time comes once on every civil day of a year, whatever the clocks do",
        arguments: civilZones,
        [2011, 2024, 2050]
    )
    func oncePerDay(zone: String, year: Int) throws {
        let rules = try TimeZoneRules(named: zone)
        for time in ["00:00", "00:30", "02:30", "23:30"] {
            let schedule = try OnCalendar(time)
            let digits = time.split(separator: ":").compactMap { Int($0) }
            let second = digits[0] * 3600 + digits[1] * 60
            let first = try #require(Day(year: year, month: 1, day: 1))
            // A few days more, since a zone once left out the last but one of a year.
            let end = first + 370
            var instant = rules.instant(of: first, secondOfDay: second) + -1
            var expected = first
            while expected < end {
                instant = try #require(schedule.next(after: instant, in: rules))
                if !rules.exists(expected) { expected = expected + 1 }
                let local = rules.localTime(of: instant)
                if local != LocalTime(day: expected, secondOfDay: second) {
                    // Only a skipped time differs, and then the clock was set at this instant.
                    #expect(rules.period(at: instant).start == instant.seconds, "\(local)")
                    #expect(rules.localTime(of: instant + -1).day <= expected)
                    let isSoonAfter = local.day == expected || local.secondOfDay == 0
                    #expect(isSoonAfter, "\(zone) \(time) \(local)")
                }
                // The first pass: the same time was not shown an hour before.
                #expect(rules.localTime(of: instant + -3600) != local)
                expected = expected + 1
            }
        }
    }
}
