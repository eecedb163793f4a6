import Domain
import Glibc
import Scheduling
import Testing

/// A job with a schedule, for a simulation.
private func subject(
    _ texts: [String],
    in zone: TimeZoneRules,
    trains: Bool = true,
    _ change: (inout ScheduledJob) throws -> Void = { _ in }
) throws -> Simulation.Subject {
    let key = JobKey(tenant: "acme", job: "monthly")
    let schedule = Schedule(try texts.map { try OnCalendar($0) }, in: zone)
    var job = ScheduledJob(key: key, fingerprint: "1", schedule: schedule)
    try change(&job)
    let month = try #require(TimePeriod("month"))
    return Simulation.Subject(job: job, trains: trains, predicts: true, maxModelAge: month)
}

@Suite struct SimulationTests {
    private static let isLong = unsafe getenv("CLVD_LONG_TESTS") != nil

    @Test(
        "a fixed time starts one run on each civil day for years, outside of blackouts",
        .timeLimit(.minutes(10))
    )
    func years() throws {
        // All forty zones for five years in the long tier, each for a few months in the other.
        let zones = civilZones.enumerated()
        for (index, name) in zones {
            let zone = try TimeZoneRules(named: name)
            let first = try #require(
                Day(year: 2024 + (Self.isLong ? 0 : index % 3), month: 1, day: 1)
            )
            let length = Self.isLong ? 5 * 365 + 1 : 120
            let start = Self.isLong ? first : first + (index * 37) % 245
            let window = try BlackoutWindow("01:00..02:45")
            let subject = try subject(["02:30"], in: zone) { $0.schedule.blackouts = [window] }
            let starts = Simulation.starts(of: subject, from: start, to: start + (length - 1))
            let days = starts.map { zone.day(of: $0.at) }
            #expect(days == (0..<length).map { start + $0 }, "\(name)")
            for one in starts {
                let time = zone.localTime(of: one.at).secondOfDay
                #expect(!(3600..<9900).contains(time), "\(name) \(one.at)")
                #expect(one.kind == .run)
            }
        }
    }

    @Test(
        "every hour is every real hour, on days of 23, 24 and 25",
        arguments: [("2026-03-29", 23), ("2026-03-30", 24), ("2026-10-25", 25)]
    )
    func hours(day: String, count: Int) throws {
        let day = try #require(Day(day))
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        for text in ["hourly", "*:30", "0..23:59:59"] {
            let starts = Simulation.starts(of: try subject([text], in: berlin), from: day, to: day)
            #expect(starts.count == count, "\(text)")
            #expect(zip(starts, starts.dropFirst()).allSatisfy { $1.at - $0.at == 3600 }, "\(text)")
        }
    }

    @Test("the hours of a change in Berlin")
    func berlin() throws {
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let spring = try #require(Day("2026-03-29"))
        let autumn = try #require(Day("2026-10-25"))
        func starts(_ texts: [String], _ day: Day) throws -> [String] {
            Simulation.starts(of: try subject(texts, in: berlin), from: day, to: day)
                .map(\.at.wholeSeconds)
        }
        #expect(
            try starts(["02:30"], spring) == ["2026-03-29T01:00:00Z"],
            "the first valid instant"
        )
        #expect(try starts(["01:59:59"], spring) == ["2026-03-29T00:59:59Z"])
        #expect(try starts(["03:00"], spring) == ["2026-03-29T01:00:00Z"])
        #expect(try starts(["02:10", "02:50", "03:00"], spring) == ["2026-03-29T01:00:00Z"])
        #expect(try starts(["02:30"], autumn) == ["2026-10-25T00:30:00Z"], "the first pass")
        #expect(try starts(["03:00"], autumn) == ["2026-10-25T02:00:00Z"])
        #expect(try starts(["02:00"], autumn) == ["2026-10-25T00:00:00Z"])
        #expect(try starts(["02:00,30"], autumn).isEmpty == false)
    }

    @Test(
        "a month job is fitted on the first check after its model's 30th day, and forecasts between"
    )
    func monthly() throws {
        let zone = try TimeZoneRules(named: "America/New_York")
        let first = try #require(Day("2024-01-01"))
        let starts = Simulation.starts(
            of: try subject(["daily"], in: zone),
            from: first,
            to: first + 729
        )
        #expect(starts.count == 730)
        let fits = starts.filter {
            $0.reasons.contains("model_age") || $0.reasons.contains("model")
        }
        let days = fits.map { zone.day(of: $0.at) - first }
        #expect(days == Array(stride(from: 0, to: 730, by: 31)))
        #expect(starts.filter { $0.reasons == ["forecast"] }.count == 730 - fits.count)
    }

    @Test("excluded days are left out, and what is due in a blackout starts once at its end")
    func exclusions() throws {
        let first = try #require(Day("2026-11-20"))
        let subject = try subject(["*:0/20"], in: .utc) {
            $0.schedule.excluded = [try OnCalendar("Sat,Sun"), try OnCalendar("00..22:*")]
            $0.schedule.blackouts = [try BlackoutWindow("22:00..23:30")]
        }
        let starts = Simulation.starts(of: subject, from: first, to: first + 3)
        #expect(
            starts.map(\.at.wholeSeconds) == [
                "2026-11-20T23:30:00Z", "2026-11-20T23:40:00Z", "2026-11-23T23:30:00Z",
                "2026-11-23T23:40:00Z",
            ]
        )
        #expect(starts.first?.dueAt.wholeSeconds == "2026-11-20T23:20:00Z", "the last of them")
    }

    @Test("what was due before an instant and starts after it is among the next starts")
    func nextStarts() throws {
        let window = try BlackoutWindow("11:00..12:10")
        let schedule = Schedule(
            try [OnCalendar("*:0/20")],
            blackouts: [window],
            jitterSeconds: 300,
            in: .utc
        )
        func starts(_ after: String, _ count: Int) throws -> [String] {
            schedule.starts(after: try utc(after), count: count).map {
                String($0.wholeSeconds.dropFirst(11))
            }
        }
        #expect(try starts("2026-11-20T10:43:00Z", 3) == ["10:45:00Z", "12:10:00Z", "12:25:00Z"])
        #expect(try starts("2026-11-20T11:30:00Z", 2) == ["12:10:00Z", "12:25:00Z"])
        #expect(try starts("2026-11-20T12:10:00Z", 1) == ["12:25:00Z"])
        #expect(try starts("2026-11-20T10:43:00Z", 0) == [])
    }

    @Test("what a long blackout or jitter put off is found from whichever day one asks")
    func putOffForDays() throws {
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let friday = try subject(["Fri 03:00"], in: berlin) {
            $0.schedule.blackouts = [try BlackoutWindow("*-11-27..30")]
        }
        let late = try subject(["03:00"], in: berlin) { $0.schedule.jitterSeconds = 50 * 3600 }
        func starts(_ subject: Simulation.Subject, _ first: String, _ last: String) throws
            -> [String]
        {
            let days = try (#require(Day(first)), #require(Day(last)))
            return Simulation.starts(of: subject, from: days.0, to: days.1).map(\.at.wholeSeconds)
        }
        let end = "2026-11-30T23:00:00Z"
        #expect(try starts(friday, "2026-12-01", "2026-12-02") == [end])
        #expect(try starts(friday, "2026-11-21", "2026-12-02") == [end])
        #expect(try starts(late, "2026-12-01", "2026-12-01") == ["2026-12-01T04:00:00Z"])

        let next = friday.job.schedule.starts(after: try utc("2026-11-30T20:00:00Z"), count: 2)
        #expect(next.map(\.wholeSeconds) == [end, "2026-12-04T02:00:00Z"])
        #expect(
            late.job.schedule.starts(after: try utc("2026-12-01T05:00:00Z"), count: 2)
                .map(\.wholeSeconds) == ["2026-12-02T04:00:00Z", "2026-12-03T04:00:00Z"]
        )
    }

    @Test(
        "an excluded time is one of the clock on the wall, also when the clock skips it",
        arguments: [
            ("Europe/Berlin", ["02:30", "02:45"], "*-*-* 02:45", "2026-03-29", 1),
            ("Europe/Berlin", ["02:30", "03:00"], "03:00", "2026-03-29", 1),
            ("Europe/Berlin", ["02..03:00"], "02:00", "2026-03-29", 1),
            ("Europe/Berlin", ["02:30"], "02:30", "2026-03-29", 0),
            ("Europe/Berlin", ["hourly"], "02:00", "2026-03-29", 23),
            ("Europe/Berlin", ["hourly"], "02:00", "2026-10-25", 23),
            ("Europe/Berlin", ["*:*:0/30"], "Sun", "2026-03-29", 0),
            ("Europe/Berlin", ["23:00 UTC"], "Sun", "2026-03-30", 1),
            // The clock goes from 23:00 to midnight.
            ("America/Nuuk", ["23:30"], "Sun", "2026-03-29", 1),
            ("America/Nuuk", ["23:30"], "Sat", "2026-03-29", 1),
        ]
    )
    func civilExclusions(zone: String, texts: [String], excluded: String, day: String, count: Int)
        throws
    {
        let day = try #require(Day(day))
        let subject = try subject(texts, in: TimeZoneRules(named: zone)) {
            $0.schedule.excluded = [try OnCalendar(excluded)]
        }
        #expect(Simulation.starts(of: subject, from: day, to: day).count == count)
    }

    @Test("a blackout without an end leaves nothing")
    func nothing() throws {
        let first = try #require(Day("2026-11-20"))
        let subject = try subject(["daily"], in: .utc) {
            $0.schedule.blackouts = [try BlackoutWindow("*-*-*")]
        }
        #expect(Simulation.starts(of: subject, from: first, to: first + 3) == [])
    }

    @Test("jitter is the same after every restart, within its limit, and spreads jobs")
    func jitter() {
        let keys = (0..<200).map { JobKey(tenant: "t\($0)", job: "monthly") }
        let found = keys.map { Jitter.seconds(machine: "m", $0, upTo: 600) }
        #expect(found == keys.map { Jitter.seconds(machine: "m", $0, upTo: 600) })
        #expect(found.allSatisfy { (0..<600).contains($0) })
        #expect(Set(found).count > 150)
        #expect(found != keys.map { Jitter.seconds(machine: "n", $0, upTo: 600) })
        // Each tenth of the span gets about a tenth of the jobs.
        let tenths = Dictionary(grouping: found) { Int($0 / 60) }.mapValues(\.count)
        #expect(tenths.count == 10 && tenths.values.allSatisfy { (6...40).contains($0) })
    }
}

@Suite struct BlackoutTests {
    @Test(
        "a window holds by the clock on the wall",
        arguments: [
            ("22:00..06:00", "2026-11-20T05:59:59Z", "2026-11-20T06:00:00Z"),
            ("22:00..06:00", "2026-11-20T06:00:00Z", "2026-11-20T06:00:00Z"),
            ("22:00..06:00", "2026-11-20T22:00:00Z", "2026-11-21T06:00:00Z"),
            ("Sat,Sun", "2026-11-21T12:00:00Z", "2026-11-23T00:00:00Z"),
            ("Fri 18:00..24:00", "2026-11-20T18:00:00Z", "2026-11-21T00:00:00Z"),
            ("Fri 18:00..08:00", "2026-11-21T07:00:00Z", "2026-11-21T08:00:00Z"),
            ("*-12-24..26 00:00..24:00", "2026-12-24T10:00:00Z", "2026-12-27T00:00:00Z"),
            ("08:00..18:00 Asia/Tokyo", "2026-11-20T00:00:00Z", "2026-11-20T09:00:00Z"),
        ]
    )
    func holds(text: String, at: String, end: String) throws {
        let schedule = Schedule(blackouts: [try BlackoutWindow(text)], in: .utc)
        #expect(schedule.outOfBlackout(try utc(at))?.wholeSeconds == end)
    }

    @Test("a repeated hour is inside on both passes")
    func repeated() throws {
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        let schedule = Schedule(blackouts: [try BlackoutWindow("01:00..02:45")], in: berlin)
        for (at, end) in [("00:30", "00:45"), ("01:30", "01:45")] {
            let inside = try utc("2026-10-25T\(at):00Z")
            #expect(schedule.outOfBlackout(inside)?.wholeSeconds == "2026-10-25T\(end):00Z")
        }
        // Between the passes the clock shows 02:50, which is outside.
        let between = try utc("2026-10-25T00:50:00Z")
        #expect(schedule.outOfBlackout(between) == between)
    }

    @Test(
        "what is not understood is named with the reason",
        arguments: [
            ("", "it is empty"),
            ("22:00", "\"22:00\" is not two times of day such as 22:00..06:00"),
            ("22:00..25:00", "\"22:00..25:00\" is not two times of day such as 22:00..06:00"),
            (
                "03:00..03:00",
                "it ends when it begins; a whole day is written 00:00..24:00, or without times"
            ),
            ("Fir 22:00..23:00", "\"fir\" is not a weekday"),
            ("daily", "it needs two times of day, such as 22:00..06:00"),
        ]
    )
    func refused(text: String, why: String) {
        #expect(throws: SchedulingError.badBlackout(text, why: why)) { try BlackoutWindow(text) }
    }
}

@Suite struct CronTests {
    @Test(
        "a cron line means the same calendar",
        arguments: [
            ("30 2 * * *", ["*-*-* 02:30:00"]), ("*/15 * * * *", ["*-*-* *:00,15,30,45:00"]),
            ("0 3 * * mon-fri", ["Mon,Tue,Wed,Thu,Fri *-*-* 03:00:00"]),
            ("0 3 * * 7", ["Sun *-*-* 03:00:00"]),
            ("0 3 1,15 * *", ["*-*-01,15 03:00:00"]),
            ("0 3 1 jan,jul sun", ["*-01,07-01 03:00:00", "Sun *-01,07-* 03:00:00"]),
            ("5 4 */10 * Mon", ["Mon *-*-01,11,21,31 04:05:00"]), ("@daily", ["daily"]),
            ("0 8-18/5 * * *", ["*-*-* 08,13,18:00:00"]), ("@weekly", ["Sun 00:00"]),
            ("0 3 31 2 1", ["Mon *-02-* 03:00:00"]), ("0 3 31 4,6 SUN", ["Sun *-04,06-* 03:00:00"]),
        ]
    )
    func calendars(line: String, expected: [String]) throws {
        #expect(try CronExpression.calendars(line).map(\.text) == expected)
    }

    @Test(
        "what is not understood is named with the reason",
        arguments: [
            ("0 3 * *", "it has 4 fields, not 5: minute hour day month weekday"),
            ("60 3 * * *", "\"60\" is not a minute"), ("0 3 * * 8", "\"8\" is not a weekday"),
            ("0 3 30 2 *", "no year has such a day"),
            ("0 5-3 * * *", "the range \"5-3\" runs backwards, write 5-23,0-3"),
            ("0 22-2 * * *", "the range \"22-2\" runs backwards, write 22,23,0-2"),
            ("0 20-4/3 * * *", "the range \"20-4/3\" runs backwards, write 20,23,2"),
            ("0 3 * Nov-Feb *", "the range \"Nov-Feb\" runs backwards, write 11,12,1,2"),
            ("0 3 * * 5-1", "the range \"5-1\" runs backwards, write 5,6,0,1"),
            ("0 3 * * Mon-Sun", "the range \"Mon-Sun\" runs backwards, write 1-7"),
            ("0 3 * * Mo", "\"Mo\" is not a weekday"),
            (
                "CRON_TZ=Europe/Berlin 0 3 1 * 1",
                "leave \"CRON_TZ=Europe/Berlin\" out and write the zone behind the time: "
                    + "\"*-*-01 03:00:00 Europe/Berlin\", \"Mon *-*-* 03:00:00 Europe/Berlin\""
            ),
            ("TZ=UTC", "in a schedule the zone UTC stands behind the time"),
            ("MAILTO=ada 0 3 * * *", "leave \"MAILTO=ada\" out, a schedule has no variables"),
            (
                "0 3 * * * root /bin/true",
                "it has 7 fields, not 5: minute hour day month weekday; leave out "
                    + "\"root /bin/true\": a user or a command has no place here"
            ),
            (
                "0 30 3 * * Mon",
                "it has 6 fields, not 5: minute hour day month weekday; leave out the seconds"
            ),
            ("*/0 3 * * *", "\"*/0\" has a step that is not above 0"),
            ("@reboot", "a calendar has no time for a start of the machine"),
        ]
    )
    func refused(line: String, why: String) {
        #expect(throws: SchedulingError.badCron(line, why: why)) {
            try CronExpression.calendars(line)
        }
    }
}
