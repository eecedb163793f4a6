import Glibc

/// The distribution of a customer's purchases, as far as its published figures tell.
///
/// Published are the probability of none, the expectation and the 5 % and 95 % quantiles. Given one
/// purchase or more, the purchases beyond the first are taken as negative binomial with the mean
/// that follows, of the shape that gives the published quantiles; the law matters only for
/// outcomes that lie on a quantile.
struct CountLaw {
    private let none: Double
    /// Of the purchases beyond the first, given that there is one.
    private let mean: Double

    /// From a Poisson's tail over a geometric one to heavier ones, as inverse shapes.
    private static let inverseShapes = [0, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1, 2, 4]

    init(returnProbability: Double, expected: Double) {
        none = 1 - returnProbability
        mean = returnProbability > 0 ? max(0, expected / returnProbability - 1) : 0
    }

    /// P(fewer than `count`) and P(at most `count`), for a count above zero.
    ///
    /// The mean over all shapes that come as near to the published quantiles as any.
    func ends(at count: Int, low: Double, high: Double) -> (below: Double, upTo: Double) {
        var (least, shapes, below, upTo) = (Double.infinity, 0.0, 0.0, 0.0)
        for inverseShape in CountLaw.inverseShapes {
            let (miss, ends) = look(inverseShape, at: count, low: low, high: high)
            if miss > least { continue }
            if miss < least { (least, shapes, below, upTo) = (miss, 0, 0, 0) }
            shapes += 1
            below += ends.below
            upTo += ends.upTo
        }
        return (below / shapes, upTo / shapes)
    }

    /// How far the law's quantiles are from the published ones, and the ends at `count`.
    private func look(
        _ inverseShape: Double,
        at count: Int,
        low: Double,
        high: Double
    ) -> (miss: Double, ends: (below: Double, upTo: Double)) {
        var term =
            inverseShape == 0
            ? exp(-mean) : pow(1 + mean * inverseShape, -1 / inverseShape)
        let odds = mean / (1 + mean * inverseShape)
        var cumulated = none
        var quantiles: (low: Double?, high: Double?) = (
            none >= 0.05 ? 0 : nil, none >= 0.95 ? 0 : nil
        )
        var ends = (below: 1.0, upTo: 1.0)
        let last = max(count, Int(min(high, 1e6))) + 1
        for reached in 1...last {
            if reached > 1 {
                let before = Double(reached - 2)
                term *= odds * (1 + before * inverseShape) / (before + 1)
            }
            let below = cumulated
            cumulated += (1 - none) * term
            if reached == count { ends = (below, cumulated) }
            if quantiles.low == nil, cumulated >= 0.05 { quantiles.low = Double(reached) }
            if quantiles.high == nil, cumulated >= 0.95 { quantiles.high = Double(reached) }
        }
        let beyond = Double(last + 1)
        let miss = abs((quantiles.low ?? beyond) - low) + abs((quantiles.high ?? beyond) - high)
        return (miss, ends)
    }
}
