import Glibc

extension Ranged {
    /// How many deviations of a normal distribution its 95 % quantile lies above the mean.
    package static let reach = 1.6448536269514722

    /// The sum of two quantities that belong to one business, both taken as log-normal.
    ///
    /// Good times and bad ones move both, so that they are off together by half: independent ones make
    /// ranges of totals too narrow, equal ones too wide (`clvbench coverage`). Without a range when one
    /// of them has none.
    package static func + (one: Ranged, other: Ranged) -> Ranged {
        let expected = one.expected + other.expected
        guard let first = one.deviation, let second = other.deviation else {
            return Ranged(expected)
        }
        guard expected > 0 else { return Ranged(expected, low: expected, high: expected) }
        let correlation = 0.5
        let square = first * first + second * second + 2 * correlation * first * second
        let deviation = square.squareRoot() / expected
        var sum = Ranged(
            expected,
            low: expected * exp(-reach * deviation),
            high: expected * exp(reach * deviation)
        )
        sum.keepLow(above: one, other)
        return sum
    }

    /// Raises the low end of a sum to that of both its parts at their low ends, as it would be were they
    /// off together.
    package mutating func keepLow(above one: Ranged, _ other: Ranged) {
        if let low, let first = one.low, let second = other.low {
            self.low = min(expected, max(low, first + second))
        }
    }

    /// What it is worth at `factor` a piece.
    package static func * (quantity: Ranged, factor: Double) -> Ranged {
        Ranged(
            quantity.expected * factor,
            low: quantity.low.map { $0 * factor },
            high: quantity.high.map { $0 * factor }
        )
    }

    /// Of the outcome, as its upper end says.
    private var deviation: Double? {
        guard let high else { return nil }
        return expected > 0 ? expected * log(max(1, high / expected)) / Ranged.reach : 0
    }
}
