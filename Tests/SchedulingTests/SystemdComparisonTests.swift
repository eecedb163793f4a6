import Domain
import Glibc
import Scheduling
import Testing

/// systemd's own calendar is the reference, away from the days on which a clock is changed.
@Suite struct SystemdComparisonTests {
    private static let program = "/usr/bin/systemd-analyze"
    private static var isInstalled: Bool { unsafe access(program, X_OK) == 0 }

    @Test(
        "the next instants are those of systemd-analyze calendar",
        .enabled(if: isInstalled, "systemd-analyze is not installed"),
        .timeLimit(.minutes(2))
    )
    func comparison() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(state: seed)
        for zone in ["UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe"] {
            let rules = try TimeZoneRules(named: zone)
            for _ in 0..<75 {
                let expression = Self.expression(&random)
                let base = Instant(
                    seconds: Int64.random(in: 1_000_000_000...2_600_000_000, using: &random)
                )
                let expected = try Self.systemd(expression, base, zone)
                let found = try OnCalendar(expression).next(after: base, in: rules)
                if let found, Self.isNearChange(found, rules) { continue }
                #expect(
                    found?.wholeSeconds == expected,
                    "\(expression) after \(base.wholeSeconds) in \(zone), seed \(seed)"
                )
            }
        }
    }

    private static func isNearChange(_ instant: Instant, _ rules: TimeZoneRules) -> Bool {
        rules.offset(at: instant + -86_400) != rules.offset(at: instant + 86_400)
    }

    private static func expression(_ random: inout SeededRandom) -> String {
        let weekdays = ["", "", "Mon ", "Mon,Thu ", "Tue..Fri ", "sat,Sunday ", "Wed "]
        let dates = [
            "", "*-*-* ", "*-*-01 ", "*-*-31 ", "*-02-29 ", "*-*-10..20 ", "*-03,06,09-05 ",
            "12-24 ", "*-4..5-1,2,30 ",
        ]
        let weekday = weekdays.randomElement(using: &random) ?? ""
        let date = dates.randomElement(using: &random) ?? ""
        let hour = Int.random(in: 0...23, using: &random)
        let minute = Int.random(in: 0...59, using: &random)
        let second = Bool.random(using: &random) ? ":\(Int.random(in: 0...59, using: &random))" : ""
        if Int.random(in: 0...9, using: &random) == 0 {
            return ["daily", "weekly", "monthly", "yearly", "quarterly", "semiannually"]
                .randomElement(using: &random) ?? "daily"
        }
        return "\(weekday)\(date)\(padded(hour, 2)):\(padded(minute, 2))\(second)"
    }

    /// What systemd says, in UTC; nil when it never elapses.
    private static func systemd(
        _ expression: String,
        _ base: Instant,
        _ zone: String
    ) throws -> String? {
        let text = base.wholeSeconds.replacing("T", with: " ").replacing("Z", with: " UTC")
        let command =
            "SYSTEMD_COLORS=0 LC_ALL=C TZ=UTC \(program) calendar --base-time='\(text)' "
            + "'\(expression) \(zone)' 2>&1"
        guard let pipe = unsafe popen(command, "re") else {
            throw SchedulingError.unreadableZone(zone, cause: "popen: errno \(errno)")
        }
        defer { unsafe pclose(pipe) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe fread(&bytes, 1, bytes.count, pipe)
        let output = String(decoding: bytes[0..<count], as: UTF8.self)
        // "    Next elapse: Mon 2024-01-01 02:00:00 UTC"
        let line = try #require(
            output.split(separator: "\n").first { $0.contains("Next elapse:") },
            "\(output)"
        )
        let words = line.split(separator: " ")
        guard words.count == 6 else { return nil }
        return "\(words[3])T\(words[4])Z"
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
