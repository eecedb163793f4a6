package import Domain
import Glibc

/// What keeps totals off their forecast while the models are right.
package struct DriftNoise: Sendable {
    private let level: LevelError
    /// Variance over expectation.
    private let dispersion: (purchases: Double, spend: Double)
    /// How much spend is above what is left of it when all returns have come.
    private let returns: Double

    /// Over some days after what was `known`, with what earlier dates say.
    ///
    /// Of a few days the level is not known better than of a month: what all customers share changes
    /// from week to week, too.
    package init(_ past: PastTotals, known: Ledger, days: Int, returnedShare: Double = 0) {
        level = past.levelError(ofDays: max(30, days))
        let month = past.totals.map(\.horizonDays).min()
        let totals = past.totals.filter { $0.horizonDays == month }
        dispersion = (
            Evaluation.dispersion(totals.map(\.purchases)),
            max(Evaluation.dispersion(totals.compactMap(\.spend)), known.amountDispersion)
        )
        returns = log1p(-returnedShare)
    }

    /// How far purchases or spend lie from their forecast, whichever is further.
    package func deviations(of total: PastTotal) -> Double {
        // Independent purchases vary by that at least.
        let least = 1 / total.purchases.expected
        let purchases = abs(
            deviations(total.purchases, level.purchases, max(least, dispersion.purchases * least))
        )
        guard let spend = total.spend, spend.expected > 0 else { return purchases }
        // Returns are taken off the days that are known, and have not come yet of the newest.
        let shared = hypot(level.spend, returns)
        let chance = max(least, dispersion.spend / spend.expected)
        return max(purchases, abs(deviations(spend, shared, chance)))
    }

    /// The logarithm of actual over expected, in deviations of chance and of what customers share.
    ///
    /// Chance was measured by what came, relative to what was expected. Where more came, it is to be
    /// seen relative to that: else customers who change would pass for unsteady ones. Where the large
    /// orders did not come it is too small, and the least counts.
    private func deviations(
        _ total: PastTotal.Comparison,
        _ shared: Double,
        _ leastChance: Double
    ) -> Double {
        let actual = max(0, total.actual)
        let growth = max(1, actual / total.expected)
        let chance = max(leastChance, total.chance / (growth * growth))
        // Nothing at all is no infinite miss: of Poisson counts this is a half.
        let half = total.expected * chance / 2
        let part = (actual + half) / (total.expected + half)
        // The less came, the further chance throws its logarithm. So few orders are off on either side
        // as often as their root, which is nearly normal.
        let thrown = chance / min(1, part.squareRoot())
        return log(part) / (log1p(thrown) + shared * shared).squareRoot()
    }
}

extension Evaluation {
    /// Variance over expectation, by totals of windows of one length: of Poisson counts this is one, and
    /// in longer windows customers' own rates and the parameters add to it.
    static func dispersion(_ totals: [PastTotal.Comparison]) -> Double {
        let expected = totals.reduce(0) { $0 + $1.expected }
        let variance = totals.reduce(0) { $0 + $1.chance * $1.expected * $1.expected }
        return expected > 0 ? variance / expected : 0
    }
}

extension Ledger {
    /// Variance over expectation of the sum of amounts that come independently; 0 without any.
    fileprivate var amountDispersion: Double {
        let (sum, squares) = (amount ?? []).reduce((0.0, 0.0)) { ($0.0 + $1, $0.1 + $1 * $1) }
        return sum > 0 ? squares / sum : 0
    }
}
