import Domain

/// Reads the time cells of text columns into civil days, at fixed positions and without copies.
///
/// `YYYY-MM-DD`, `YYYY/MM/DD` or `YYYYMMDD`, then perhaps `T` or a space and
/// `HH:MM[:SS[.fraction]]`, then perhaps `Z`, `UTC` or `±HH[[:]MM]`. Without an offset the date
/// counts as it stands; with one it is the day of that instant in the tenant's zone.
struct TimeParser: Sendable {
    let zoneDay: @Sendable (Instant) -> Day

    /// A `Day.number`, `PurchaseRows.noTime` or `PurchaseRows.invalidTime`.
    func day(_ cell: Span<UInt8>) -> Int32 {
        let text = cell.extracting(withoutBlanks(cell))
        if text.isEmpty { return PurchaseRows.noTime }
        guard let (day, end) = date(text) else { return PurchaseRows.invalidTime }
        if end == text.count { return day.number }
        var clock = ClockCursor(at: end)
        guard let seconds = clock.timeOfDay(text) else { return PurchaseRows.invalidTime }
        if clock.at == text.count { return day.number }
        guard let offset = clock.offset(text), clock.at == text.count else {
            return PurchaseRows.invalidTime
        }
        let instant = Instant(seconds: Int64(day.number) * 86_400 + Int64(seconds - offset))
        return zoneDay(instant).number
    }

    /// The date at the start, and where it ends.
    private func date(_ text: Span<UInt8>) -> (Day, Int)? {
        guard text.count >= 8, let century = twoDigits(text, 0), let years = twoDigits(text, 2)
        else { return nil }
        let isSeparated = text[4] == UInt8(ascii: "-") || text[4] == UInt8(ascii: "/")
        if isSeparated && (text.count < 10 || text[7] != text[4]) { return nil }
        guard let month = twoDigits(text, isSeparated ? 5 : 4),
            let dayOfMonth = twoDigits(text, isSeparated ? 8 : 6),
            let day = Day(year: century * 100 + years, month: month, day: dayOfMonth)
        else { return nil }
        return (day, isSeparated ? 10 : 8)
    }
}

/// What stands behind the date.
private struct ClockCursor {
    var at: Int

    /// Seconds since midnight; a leap second counts as the second before it.
    mutating func timeOfDay(_ text: Span<UInt8>) -> Int? {
        guard isAny(text, "T", "t") || isAny(text, " ", " ") else { return nil }
        at += 1
        guard let hour = twoDigits(text, at), hour < 24, isColon(text, at + 2),
            let minute = twoDigits(text, at + 3), minute < 60
        else { return nil }
        at += 5
        guard isColon(text, at) else { return hour * 3600 + minute * 60 }
        guard let second = twoDigits(text, at + 1), second <= 60 else { return nil }
        at += 3
        if isAny(text, ".", ",") {
            at += 1
            let first = at
            while at < text.count, isDigit(text[at]) { at += 1 }
            if at == first { return nil }
        }
        return hour * 3600 + minute * 60 + min(second, 59)
    }

    /// Seconds east of UTC.
    mutating func offset(_ text: Span<UInt8>) -> Int? {
        if isAny(text, " ", " ") { at += 1 }
        if isAny(text, "Z", "z") {
            at += 1
            return 0
        }
        if text.count - at == 3, text[at] == UInt8(ascii: "U"), text[at + 1] == UInt8(ascii: "T"),
            text[at + 2] == UInt8(ascii: "C")
        {
            at += 3
            return 0
        }
        guard isAny(text, "+", "-") else { return nil }
        let sign = text[at] == UInt8(ascii: "-") ? -1 : 1
        guard let hours = twoDigits(text, at + 1), hours < 16 else { return nil }
        at += 3
        var minutes = 0
        if at < text.count {
            if isColon(text, at) { at += 1 }
            guard let value = twoDigits(text, at), value < 60 else { return nil }
            minutes = value
            at += 2
        }
        return sign * (hours * 3600 + minutes * 60)
    }

    private func isAny(_ text: Span<UInt8>, _ one: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool
    {
        at < text.count && (text[at] == UInt8(ascii: one) || text[at] == UInt8(ascii: other))
    }

    private func isColon(_ text: Span<UInt8>, _ position: Int) -> Bool {
        position < text.count && text[position] == UInt8(ascii: ":")
    }
}

@inline(__always) func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

@inline(__always) private func twoDigits(_ text: Span<UInt8>, _ at: Int) -> Int? {
    guard at + 1 < text.count else { return nil }
    let tens = text[at] &- 48
    let ones = text[at + 1] &- 48
    return tens < 10 && ones < 10 ? Int(tens) * 10 + Int(ones) : nil
}

/// A cell without the blanks around it.
func withoutBlanks(_ cell: Span<UInt8>) -> Range<Int> {
    var start = 0
    var end = cell.count
    while start < end, cell[start] == 32 || cell[start] == 9 { start += 1 }
    while end > start, cell[end - 1] == 32 || cell[end - 1] == 9 { end -= 1 }
    return start..<end
}
