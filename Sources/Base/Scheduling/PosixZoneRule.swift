import Domain

/// The rule for the years after a zone's table: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// POSIX TZ with the wider times of RFC 8536 (-167 to 167 hours).
struct PosixZoneRule: Hashable, Sendable {
    /// Seconds.
    static let longestOffset = 90_000

    /// Seconds east of UTC.
    var standardOffset: Int
    var daylight: Daylight?

    struct Daylight: Hashable, Sendable {
        var offset: Int
        var start: Change
        var end: Change
    }

    /// When the clock changes, in the local time before the change.
    struct Change: Hashable, Sendable {
        var date: Date
        var secondOfDay: Int
    }

    enum Date: Hashable, Sendable {
        /// 1 to 365; 29 February is never counted.
        case julian(Int)
        /// 0 to 365; 29 February is counted.
        case ofYear(Int)
        /// Week 5 is the last; weekday 0 is Sunday.
        case weekday(month: Int, week: Int, weekday: Int)

        func day(in year: Int) -> Day? {
            guard let first = Day(year: year, month: 1, day: 1) else { return nil }
            switch self {
            case .julian(let number):
                let isAfterLeapDay = number >= 60 && Day.length(ofMonth: 2, year: year) == 29
                return first + (number - 1 + (isAfterLeapDay ? 1 : 0))
            case .ofYear(let number):
                return first + number
            case .weekday(let month, let week, let weekday):
                guard let start = Day(year: year, month: month, day: 1) else { return nil }
                // Domain's weeks start on Monday, those of POSIX on Sunday.
                let lead = ((weekday + 6) % 7 - start.weekday + 7) % 7
                var date = 1 + lead + (week - 1) * 7
                if date > Day.length(ofMonth: month, year: year) { date -= 7 }
                return start + (date - 1)
            }
        }
    }

    /// The changes around a moment: UTC seconds and the offset from then on, ascending.
    func changes(around seconds: Int64) -> [(at: Int64, offset: Int)] {
        guard let daylight else { return [] }
        let year = Instant(seconds: seconds + Int64(standardOffset)).utcDay.civil.year
        let middle = min(max(year, 2), 9998)
        var changes: [(at: Int64, offset: Int)] = []
        for year in (middle - 1)...(middle + 1) {
            guard let start = daylight.start.date.day(in: year),
                let end = daylight.end.date.day(in: year)
            else { continue }
            let startLocal = Int64(start.number) * 86_400 + Int64(daylight.start.secondOfDay)
            let endLocal = Int64(end.number) * 86_400 + Int64(daylight.end.secondOfDay)
            changes.append((startLocal - Int64(standardOffset), daylight.offset))
            changes.append((endLocal - Int64(daylight.offset), standardOffset))
        }
        return changes.sorted { $0.at < $1.at }
    }
}

extension PosixZoneRule {
    init?(_ text: String) {
        var scanner = RuleScanner(rest: text.utf8[...])
        guard scanner.skipName(), let west = scanner.time(), abs(west) <= 86_400 else {
            return nil
        }
        standardOffset = -west
        if scanner.isAtEnd { return }
        guard scanner.skipName() else { return nil }
        var offset = standardOffset + 3600
        if !scanner.skip(",") {
            guard let west = scanner.time(), abs(west) <= 86_400, scanner.skip(",") else {
                return nil
            }
            offset = -west
        }
        guard let start = scanner.change(), scanner.skip(","), let end = scanner.change(),
            scanner.isAtEnd
        else { return nil }
        daylight = Daylight(offset: offset, start: start, end: end)
    }
}

/// Reads the parts of a rule one after another.
private struct RuleScanner {
    var rest: Substring.UTF8View

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// `CET`, or anything between `<` and `>`.
    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: 62) else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let name = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    mutating func number(upTo largest: Int) -> Int? {
        let digits = rest.prefix { (48...57).contains($0) }
        guard (1...3).contains(digits.count), let value = Int(Substring(digits)),
            value <= largest
        else { return nil }
        rest = rest.dropFirst(digits.count)
        return value
    }

    /// `[+-]h[:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(upTo: 167) else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] where skip(":") {
            guard let count = number(upTo: 59) else { return nil }
            seconds += count * unit
        }
        return isNegative ? -seconds : seconds
    }

    mutating func change() -> PosixZoneRule.Change? {
        guard let date = date() else { return nil }
        guard skip("/") else { return PosixZoneRule.Change(date: date, secondOfDay: 7200) }
        guard let time = time() else { return nil }
        return PosixZoneRule.Change(date: date, secondOfDay: time)
    }

    private mutating func date() -> PosixZoneRule.Date? {
        if skip("J") { return number(upTo: 365).flatMap { $0 > 0 ? .julian($0) : nil } }
        guard skip("M") else { return number(upTo: 365).map { .ofYear($0) } }
        guard let month = number(upTo: 12), month > 0, skip("."), let week = number(upTo: 5),
            week > 0, skip("."), let weekday = number(upTo: 6)
        else { return nil }
        return .weekday(month: month, week: week, weekday: weekday)
    }
}
