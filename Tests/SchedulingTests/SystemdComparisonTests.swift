import Domain
import Glibc
import Scheduling
import Testing

/// systemd's own calendar is the reference, away from the days on which a clock is changed.
@Suite struct SystemdComparisonTests {
    private static let program = "/usr/bin/systemd-analyze"
    private static var isInstalled: Bool { unsafe access(program, X_OK) == 0 }

    private static let isLong = unsafe getenv("CLVD_LONG_TESTS") != nil
    private static let zones = [
        "UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu",
    ]

    @Test(
        "random expressions have the next instants of systemd-analyze calendar",
        .enabled(if: isInstalled, "systemd-analyze is not installed"),
        .timeLimit(.minutes(10))
    )
    func comparison() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(state: seed)
        var compared = 0
        for round in 0..<(Self.isLong ? 400 : 20) {
            let zone = Self.zones[round % Self.zones.count]
            let rules = try TimeZoneRules(named: zone)
            let base = Instant(
                seconds: Int64.random(in: 1_000_000_000...3_000_000_000, using: &random)
            )
            let expressions = (0..<25).map { _ in RandomExpression.make(&random) + " " + zone }
            let expected = try Self.systemd(expressions, base)
            for expression in Set(expressions) {
                let place = "\(expression) after \(base.wholeSeconds), seed \(seed)"
                guard let calendar = try? OnCalendar(expression) else {
                    // What never comes is refused here.
                    #expect(expected[expression] ?? [] == [], "\(place): refused")
                    continue
                }
                // It gives up over some whose next day is after many changes of the clock.
                if let wanted = expected[expression], wanted == [Self.givenUp] { continue }
                let wanted = try #require(expected[expression], "\(place): systemd refuses it")
                compared += 1
                Self.compare(calendar, wanted, base, rules, place)
            }
        }
        #expect(compared > (Self.isLong ? 9000 : 450))
    }

    private static let givenUp = "Failed to determine next elapse for "

    private static func compare(
        _ calendar: OnCalendar,
        _ wanted: [String],
        _ base: Instant,
        _ zone: TimeZoneRules,
        _ place: String
    ) {
        var instant = base
        for step in 0..<3 {
            let found = calendar.next(after: instant, in: .utc)
            // Around a change of the clock the two differ on purpose.
            if isNearChange(found ?? instant, zone) || isNearChange(instant, zone) { return }
            let expected = step < wanted.count ? wanted[step] : nil
            #expect(found?.wholeSeconds == expected, "\(place), step \(step)")
            guard let found else { return }
            instant = found
        }
    }

    private static func isNearChange(_ instant: Instant, _ rules: TimeZoneRules) -> Bool {
        rules.offset(at: instant + -86_400) != rules.offset(at: instant + 86_400)
    }

    /// The next three instants of each expression that systemd understands, in UTC.
    private static func systemd(
        _ expressions: [String],
        _ base: Instant
    ) throws -> [String: [String]] {
        let text = base.wholeSeconds.replacing("T", with: " ").replacing("Z", with: " UTC")
        let quoted = Set(expressions).map { "'\($0)'" }.joined(separator: " ")
        let command =
            "SYSTEMD_COLORS=0 LC_ALL=C TZ=UTC \(program) calendar --iterations=3 "
            + "--base-time='\(text)' \(quoted) 2>&1"
        guard let pipe = unsafe popen(command, "re") else {
            throw SchedulingError.unreadableZone("", cause: "popen: errno \(errno)")
        }
        defer { unsafe pclose(pipe) }
        var output: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while case let count = unsafe fread(&bytes, 1, bytes.count, pipe), count > 0 {
            output += bytes[0..<count]
        }
        return elapses(String(decoding: output, as: UTF8.self))
    }

    /// Reads "  Original form: TEXT" and the lines of "Mon 2024-01-01 02:00:00 UTC" below it.
    private static func elapses(_ output: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for line in output.split(separator: "\n") where line.hasPrefix(givenUp) {
            let parts = line.split(separator: "'")
            if parts.count > 1 { found[String(parts[1])] = [givenUp] }
        }
        for block in output.replacing("\n\n", with: "\u{1}").split(separator: "\u{1}") {
            var form = ""
            var instants: [String] = []
            for line in block.split(separator: "\n") {
                if let range = line.firstRange(of: "Original form: ") {
                    form = String(line[range.upperBound...])
                } else if form.isEmpty, let range = line.firstRange(of: "Normalized form: ") {
                    // It leaves out the original when it is the same.
                    form = String(line[range.upperBound...])
                } else if line.contains("Next elapse:") || line.contains("Iter. #") {
                    let words = line.split(separator: " ")
                    guard words.last == "UTC", words.count > 5 else { continue }
                    instants.append("\(words[words.count - 3])T\(words[words.count - 2])Z")
                }
            }
            if !form.isEmpty { found[form] = instants }
        }
        return found
    }
}

/// Makes expressions that use every part of the syntax.
enum RandomExpression {
    static func make(_ random: inout SeededRandom) -> String {
        if chance(12, &random) {
            return pick(
                [
                    "minutely", "hourly", "daily", "weekly", "monthly", "yearly", "quarterly",
                    "semiannually",
                ],
                &random
            )
        }
        let parts = [weekdays(&random), date(&random), time(&random)].filter { !$0.isEmpty }
        return parts.isEmpty ? "*-*-*" : parts.joined(separator: " ")
    }

    private static func weekdays(_ random: inout SeededRandom) -> String {
        pick(
            ["", "", "", "Mon", "Mon,Thu", "Tue..Fri", "sat,Sunday", "Wed", "Mon-Wed,Fri"],
            &random
        )
    }

    private static func date(_ random: inout SeededRandom) -> String {
        if chance(3, &random) { return "" }
        let year =
            chance(5, &random) ? "\(Int.random(in: 2001...2060, using: &random))..2199/3" : "*"
        let month = chance(2, &random) ? "*" : field(1, 12, &random)
        let isFromEnd = chance(4, &random)
        let day = chance(3, &random) ? "*" : isFromEnd ? end(&random) : field(1, 31, &random)
        let date = "\(month)\(isFromEnd ? "~" : "-")\(day)"
        return year == "*" && chance(2, &random) ? date : "\(year)-\(date)"
    }

    private static func end(_ random: inout SeededRandom) -> String {
        pick(["1", "01,15", "1..7", "7/1", "28", "2..20/5", "12/3", "3..3"], &random)
    }

    private static func time(_ random: inout SeededRandom) -> String {
        if chance(5, &random) { return "" }
        let hour = chance(4, &random) ? "*" : field(0, 23, &random)
        let minute = chance(6, &random) ? "*" : field(0, 59, &random)
        if chance(2, &random) { return "\(hour):\(minute)" }
        let second =
            chance(6, &random) ? pick(["*", "0/0.5", "1.5"], &random) : field(0, 59, &random)
        return "\(hour):\(minute):\(second)"
    }

    /// A value, a list, a range or a step between two limits.
    private static func field(_ low: Int, _ high: Int, _ random: inout SeededRandom) -> String {
        let one = Int.random(in: low...high, using: &random)
        let other = Int.random(in: low...high, using: &random)
        let step = Int.random(in: 1...9, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return "\(one),\(other)"
        case 1 where one < other: return "\(one)..\(other)"
        case 2 where one + step <= other: return "\(one)..\(other)/\(step)"
        case 3 where one + step <= high: return "\(one)/\(step)"
        case 4 where one < other: return "\(low),\(one)..\(other)"
        default: return chance(2, &random) ? padded(one, 2) : "\(one)"
        }
    }

    private static func chance(_ one: Int, _ random: inout SeededRandom) -> Bool {
        Int.random(in: 0..<one, using: &random) == 0
    }
    private static func pick(_ from: [String], _ random: inout SeededRandom) -> String {
        from.randomElement(using: &random) ?? ""
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
