package import Domain
import Glibc
package import Modeling
import Parallel

extension Evaluation {
    /// How far what came since a fit lies from what the fitted models forecast for those days: from
    /// the last day that the fit knew, the only horizon of `origin`, up to the as-of date.
    ///
    /// `level` is how far totals are off anyway, for reasons that all customers share. Nil when
    /// nothing was forecast, and when the run is cancelled.
    package static func drift(
        of version: String,
        since origin: PastOrigin,
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        for summaries: CustomerSummaries,
        level: LevelError,
        _ control: WorkControl
    ) throws(ModelProblem) -> Drift? {
        let totals = try totals(from: origin, models, of: catalogue, for: summaries, control)
        guard let total = totals.first, total.purchases.expected > 0 else { return nil }
        // Independent purchases vary by that at least, also where none came that could tell.
        let least = 1 / total.purchases.expected
        let purchases = deviations(total.purchases, level.purchases, least)
        let spend = total.spend.map { deviations($0, level.spend, least) } ?? 0
        let most = abs(spend) > abs(purchases) ? spend : purchases
        return Drift(
            version: version,
            sinceFit: total,
            deviations: (100 * abs(most)).rounded() / 100
        )
    }

    /// The logarithm of actual over expected, in deviations of chance and of the level error together.
    ///
    /// Chance was measured by what came, relative to what was expected. Where more came, it is to be
    /// seen relative to that: else customers who change would pass for unsteady ones.
    private static func deviations(
        _ total: PastTotal.Comparison,
        _ level: Double,
        _ leastChance: Double
    ) -> Double {
        guard total.expected > 0 else { return 0 }
        let growth = max(1, total.actual / total.expected)
        let chance = max(leastChance, total.chance / (growth * growth))
        // Nothing at all is no infinite miss: of Poisson counts this is a half.
        let half = total.expected * chance / 2
        let miss = log((total.actual + half) / (total.expected + half))
        return miss / (log1p(chance) + level * level).squareRoot()
    }
}
