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
        ]
    )
    func next(text: String, after: String, expected: String) throws {
        let next = try OnCalendar(text).next(after: try utc(after), in: .utc)
        #expect(next?.wholeSeconds == expected)
    }

    @Test("a day that never comes has no next instant")
    func never() throws {
        #expect(try OnCalendar("*-02-30").next(after: Instant(seconds: 0), in: .utc) == nil)
    }

    @Test("several expressions are a union")
    func union() throws {
        let union = [try OnCalendar("03:00"), try OnCalendar("Mon 02:00"), try OnCalendar("3:0")]
        var instant = try utc("2024-01-07T03:00:00Z")
        var found: [String] = []
        for _ in 0..<3 {
            instant = try #require(union.next(after: instant, in: .utc))
            found.append(instant.wholeSeconds)
        }
        #expect(
            found == ["2024-01-08T02:00:00Z", "2024-01-08T03:00:00Z", "2024-01-09T03:00:00Z"]
        )
        #expect([OnCalendar]().next(after: instant, in: .utc) == nil)
    }

    @Test(
        "what is not understood is named with the reason",
        arguments: [
            ("", "it is empty"),
            ("hourly", "\"hourly\" is not a weekday"),
            ("Mo 03:00", "\"mo\" is not a weekday"),
            ("Fri..Mon 03:00", "the range \"fri..mon\" runs backwards"),
            ("*:00", "\"*:00\" is not a time of day such as 03:00 or 23:30:15"),
            ("24:00", "\"24:00\" is not a time of day such as 03:00 or 23:30:15"),
            (
                "03:00 Europe/Berlin",
                "it holds in the tenant's time_zone and cannot name one of its own"
            ),
            ("2024-01-01 03:00", "the year can only be \"*\", not \"2024\""),
            ("*-13-01", "\"13\" is not a month"), ("*-*-0", "\"0\" is not a day"),
            ("03", "\"03\" is neither a date (*-*-*) nor a time (03:00)"),
            ("03:00 04:00", "\"04:00\" stands after the time of day"),
        ]
    )
    func refused(text: String, why: String) {
        let error = #expect(throws: SchedulingError.self) { try OnCalendar(text) }
        #expect(error == .badSchedule(text, why: why))
        #expect(error?.message == "cannot understand schedule \"\(text)\": \(why)")
    }

    static let zones = [
        "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Moscow", "Europe/Kyiv",
        "Europe/Chisinau", "Europe/Istanbul", "Africa/Cairo", "Africa/Casablanca",
        "Africa/Johannesburg", "Africa/Juba", "Asia/Beirut", "Asia/Gaza", "Asia/Jerusalem",
        "Asia/Tehran", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo", "Asia/Shanghai",
        "Asia/Amman", "Asia/Dhaka", "America/Santiago", "America/New_York", "America/St_Johns",
        "America/Havana", "America/Asuncion", "America/Sao_Paulo", "America/Nuuk",
        "America/Scoresbysund", "America/Mexico_City", "America/Los_Angeles", "America/Caracas",
        "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Kiritimati",
        "Pacific/Easter", "Australia/Lord_Howe", "Australia/Sydney", "Antarctica/Troll",
        "Atlantic/Azores",
    ]

    @Test(
        "a fixed time comes once on every civil day of a year, whatever the clocks do",
        arguments: zones,
        [2011, 2024, 2050]
    )
    func oncePerDay(zone: String, year: Int) throws {
        let rules = try TimeZoneRules(named: zone)
        for time in ["00:00", "00:30", "01:30", "02:15", "02:30", "03:00", "23:30"] {
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
