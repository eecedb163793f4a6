import Glibc

/// How far totals lie from their forecast for reasons that all customers share: the deviation of the
/// logarithm.
package struct LevelError: Codable, Hashable, Sendable {
    package var purchases: Double
    package var spend: Double

    package init(purchases: Double, spend: Double) {
        (self.purchases, self.spend) = (purchases, spend)
    }

    /// Of spend beyond that of the purchases.
    package var ofAmounts: Double { max(0, spend * spend - purchases * purchases).squareRoot() }

    package static let none = LevelError(purchases: 0, spend: 0)

    /// Of a month, while no earlier dates say how far forecasts are off.
    ///
    /// This and the growth are what `clvbench coverage` was most honest with over real and sample shops.
    package static let usual = LevelError(purchases: 0.14, spend: 0.14)

    /// No level is taken to be off by more: its 90 % range reaches from a third to three times.
    package static let largest = 0.6

    /// Of some days over that of a month.
    ///
    /// A level that is a random walk would be off by the root of the horizon, but much of what a month is
    /// off by is gone in a year: the power is a fifth.
    package static func growth(toDays days: Int) -> Double { pow(Double(days) / 30, 0.2) }

    /// Over some days, when this is over a month or so many others.
    package func grown(toDays days: Int, from others: Int = 30) -> LevelError {
        let growth = LevelError.growth(toDays: days) / LevelError.growth(toDays: others)
        return LevelError(
            purchases: min(LevelError.largest, purchases * growth),
            spend: min(LevelError.largest, spend * growth)
        )
    }
}
