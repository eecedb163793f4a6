import Domain
import Scheduling
import Testing

/// The instant of an RFC 3339 text in UTC.
func utc(_ text: String) throws -> Instant { try #require(Instant(text)) }
func day(_ text: String) throws -> Day { try #require(Day(text)) }

@Suite struct TimeZoneTests {
    @Test(
        "local times become instants: ordinary, skipped, repeated",
        arguments: [
            // Berlin skips 02:00 to 03:00 and repeats 02:00 to 03:00.
            ("Europe/Berlin", "2024-03-31", 6600, "2024-03-31T00:50:00Z"),
            ("Europe/Berlin", "2024-03-31", 7200, "2024-03-31T01:00:00Z"),
            ("Europe/Berlin", "2024-03-31", 9000, "2024-03-31T01:00:00Z"),
            ("Europe/Berlin", "2024-03-31", 10_799, "2024-03-31T01:00:00Z"),
            ("Europe/Berlin", "2024-03-31", 10_800, "2024-03-31T01:00:00Z"),
            ("Europe/Berlin", "2024-03-31", 10_801, "2024-03-31T01:00:01Z"),
            ("Europe/Berlin", "2024-10-27", 7199, "2024-10-26T23:59:59Z"),
            ("Europe/Berlin", "2024-10-27", 7200, "2024-10-27T00:00:00Z"),
            ("Europe/Berlin", "2024-10-27", 9000, "2024-10-27T00:30:00Z"),
            ("Europe/Berlin", "2024-10-27", 10_799, "2024-10-27T00:59:59Z"),
            ("Europe/Berlin", "2024-10-27", 10_800, "2024-10-27T02:00:00Z"),
            // Santiago skips midnight.
            ("America/Santiago", "2023-09-02", 86_399, "2023-09-03T03:59:59Z"),
            ("America/Santiago", "2023-09-03", 0, "2023-09-03T04:00:00Z"),
            ("America/Santiago", "2023-09-03", 3600, "2023-09-03T04:00:00Z"),
            // Lord Howe moves by half an hour.
            ("Australia/Lord_Howe", "2024-10-06", 7199, "2024-10-05T15:29:59Z"),
            ("Australia/Lord_Howe", "2024-10-06", 8000, "2024-10-05T15:30:00Z"),
            ("Australia/Lord_Howe", "2024-10-06", 9000, "2024-10-05T15:30:00Z"),
            ("Australia/Lord_Howe", "2024-04-07", 6000, "2024-04-06T14:40:00Z"),
            // Beyond the table: the rule of the footer.
            ("Europe/Berlin", "2050-07-01", 43_200, "2050-07-01T10:00:00Z"),
            ("Europe/Berlin", "2050-01-01", 43_200, "2050-01-01T11:00:00Z"),
            ("Europe/Berlin", "2050-03-27", 9000, "2050-03-27T01:00:00Z"),
            ("Europe/Berlin", "2050-10-30", 9000, "2050-10-30T00:30:00Z"),
            ("Europe/Berlin", "2050-10-30", 10_800, "2050-10-30T02:00:00Z"),
            ("America/New_York", "2050-11-06", 5400, "2050-11-06T05:30:00Z"),
            ("America/New_York", "2050-11-06", 7200, "2050-11-06T07:00:00Z"),
            ("Australia/Lord_Howe", "2050-10-02", 8000, "2050-10-01T15:30:00Z"),
            ("Europe/Dublin", "2050-10-30", 7200, "2050-10-30T02:00:00Z"),
            ("America/Santiago", "2060-01-15", 0, "2060-01-15T03:00:00Z"),
            ("Asia/Jerusalem", "2060-03-26", 9000, "2060-03-26T00:00:00Z"),
            ("Europe/Dublin", "2099-07-01", 43_200, "2099-07-01T11:00:00Z"),
            ("Asia/Kathmandu", "2099-07-01", 20_700, "2099-07-01T00:00:00Z"),
        ]
    )
    func instants(zone: String, date: String, second: Int, expected: String) throws {
        let rules = try TimeZoneRules(named: zone)
        let instant = rules.instant(of: try day(date), secondOfDay: second)
        #expect(instant.wholeSeconds == expected)
    }

    @Test("the civil day changes at local midnight")
    func civilDay() throws {
        let berlin = try TimeZoneRules(named: "Europe/Berlin")
        #expect(berlin.day(of: try utc("2024-07-31T21:59:59Z")).description == "2024-07-31")
        #expect(berlin.day(of: try utc("2024-07-31T22:00:00Z")).description == "2024-08-01")
        #expect(
            berlin.lastCompleteDay(at: try utc("2024-07-31T22:00:00Z")).description == "2024-07-31"
        )
        #expect(berlin.offset(at: try utc("2024-03-31T00:59:59Z")) == 3600)
        #expect(berlin.offset(at: try utc("2024-03-31T01:00:00Z")) == 7200)
        #expect(berlin.offset(at: try utc("1800-01-01T00:00:00Z")) == 3208)
    }

    @Test("a local time survives the way to an instant and back, for every hour of the table")
    func roundTrip() throws {
        for name in ["Europe/Berlin", "America/Santiago", "Africa/Casablanca", "Pacific/Apia"] {
            let rules = try TimeZoneRules(named: name)
            var instant = try utc("1990-01-01T00:00:00Z")
            let end = try utc("2060-01-01T00:00:00Z")
            while instant < end {
                let local = rules.localTime(of: instant)
                let back = rules.instant(of: local.day, secondOfDay: local.secondOfDay)
                // The second pass of a repeated hour comes back as the first.
                #expect(back == instant || (back < instant && instant - back <= 3600), "\(name)")
                instant = instant + 3600 * 7.25
            }
        }
    }

    @Test("a day that a zone left out does not exist there")
    func leftOut() throws {
        let apia = try TimeZoneRules(named: "Pacific/Apia")
        #expect(!apia.exists(try day("2011-12-30")))
        #expect(apia.exists(try day("2011-12-29")))
        #expect(apia.exists(try day("2011-12-31")))
    }

    @Test(
        "a name that is no zone, or leads out of the folder, is refused with a fix",
        arguments: [
            "", "Europe/Berln", "../../etc/passwd", "/etc/localtime", "Europe", "Europe/../UTC",
            "zone.tab", "Europe//Berlin", "Europe/Berlin/", "Europe/Berlin/x", "a\u{0}b", "☃",
            String(repeating: "a", count: 5000),
        ]
    )
    func refused(name: String) throws {
        let error = #expect(throws: SchedulingError.self) { try TimeZoneRules(named: name) }
        #expect(error == .unknownZone(name))
        #expect(
            error?.fix
                == "use a name such as \"Europe/Berlin\"; `timedatectl list-timezones` lists them"
        )
    }

    @Test("a file that is no zone is refused")
    func damaged() throws {
        let error = #expect(throws: SchedulingError.self) {
            try TimeZoneRules(named: "passwd", directory: "/etc")
        }
        #expect(error?.cause == "it is not a TZif file")
        let leap = #expect(throws: SchedulingError.self) {
            try TimeZoneRules(named: "right/Europe/Berlin")
        }
        #expect(leap?.cause == "it counts leap seconds, which UTC here does not")
    }
}
