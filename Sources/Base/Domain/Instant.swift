/// A moment in time: microseconds since 1970-01-01 00:00 UTC.
///
/// The clock is passed in everywhere.
package struct Instant: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    @inlinable package init(microseconds: Int64) { self.microseconds = microseconds }
    @inlinable package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    /// Whole seconds, rounded down.
    package var seconds: Int64 {
        let quotient = microseconds / 1_000_000
        return microseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    /// The civil day in UTC.
    package var utcDay: Day {
        let quotient = seconds / 86_400
        return Day(number: Int32(seconds % 86_400 < 0 ? quotient - 1 : quotient))
    }

    package static func + (instant: Instant, seconds: Double) -> Instant {
        Instant(microseconds: instant.microseconds + Int64((seconds * 1e6).rounded()))
    }
    /// Seconds between two instants.
    package static func - (later: Instant, earlier: Instant) -> Double {
        Double(later.microseconds - earlier.microseconds) / 1e6
    }
    package static func < (one: Instant, other: Instant) -> Bool {
        one.microseconds < other.microseconds
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC, with milliseconds: `2026-11-20T02:12:40.123Z`.
    package var description: String {
        let milliseconds = Int((microseconds - seconds * 1_000_000) / 1000)
        return wholeSeconds.dropLast() + ".\(padded(milliseconds, 3))Z"
    }

    /// RFC 3339 in UTC without a fraction: `2026-11-20T02:12:40Z`.
    package var wholeSeconds: String {
        let ofDay = Int(seconds - Int64(utcDay.number) * 86_400)
        let clock = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { padded($0, 2) }
        return "\(utcDay)T\(clock.joined(separator: ":"))Z"
    }

    /// Reads RFC 3339 in UTC, with or without a fraction, as `description` writes it.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.last == 90, bytes[10] == 84,
            let day = Day(text.prefix(10)),
            let hour = Int(text.dropFirst(11).prefix(2)), bytes[13] == 58, hour < 24,
            let minute = Int(text.dropFirst(14).prefix(2)), bytes[16] == 58, minute < 60,
            let second = Int(text.dropFirst(17).prefix(2)), second < 60
        else { return nil }
        var fraction = 0.0
        if bytes.count > 20 {
            guard bytes[19] == 46, let value = Double("0." + text.dropFirst(20).dropLast())
            else { return nil }
            fraction = value
        }
        let whole = Int64(day.number) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        microseconds = whole * 1_000_000 + Int64((fraction * 1e6).rounded())
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" is not a time as of RFC 3339 in UTC"
            )
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
