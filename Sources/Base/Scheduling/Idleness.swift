package import Domain

/// Why nothing of a schedule starts by itself any more.
package enum Idleness: Hashable, Sendable {
    /// It has no times.
    case byHand
    case over(last: Instant)
    case shutOut

    /// The second half of a sentence.
    package func explanation(in zone: TimeZoneRules) -> String {
        switch self {
        case .byHand: return "it has no schedule"
        case .shutOut: return "its blackouts or exclusions leave no time"
        case .over(let last):
            let local = zone.localTime(of: last)
            let second = local.secondOfDay
            let parts = [second / 3600, second / 60 % 60] + (second % 60 > 0 ? [second % 60] : [])
            let time = parts.map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
            return "its last time was \(local.day) \(time)"
        }
    }
}

extension Schedule {
    /// Nil when something starts after an instant.
    package func idleness(after instant: Instant) -> Idleness? {
        guard !expressions.isEmpty else { return .byHand }
        if let due = due(after: instant), start(ofDue: due) != nil { return nil }
        // What was due before may be put off until after it.
        guard starts(after: instant, count: 1).isEmpty else { return nil }
        var plain = self
        plain.excluded = []
        guard plain.due(after: instant) == nil, let last = plain.last(upTo: instant) else {
            return .shutOut
        }
        return .over(last: last)
    }

    /// The last due instant of all, when none follows on `instant`.
    private func last(upTo instant: Instant) -> Instant? {
        var (low, high) = (Int64(-1), instant.microseconds)
        guard high > low, due(after: Instant(microseconds: low)) != nil else { return nil }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if due(after: Instant(microseconds: middle)) == nil {
                high = middle
            } else {
                low = middle
            }
        }
        return Instant(microseconds: high)
    }
}
