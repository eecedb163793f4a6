package import Domain
package import Modeling
import Parallel

extension Evaluation {
    /// How far what came since a fit lies from what the fitted models forecast for those days: from
    /// the last day that the fit knew, over the only horizon of `origin`.
    ///
    /// Nil when nothing was forecast, and when the run is cancelled.
    package static func drift(
        of version: String,
        since origin: PastOrigin,
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        for summaries: CustomerSummaries,
        noise: DriftNoise,
        _ control: WorkControl
    ) throws(ModelProblem) -> Drift? {
        let totals = try totals(from: origin, models, of: catalogue, for: summaries, control)
        guard let total = totals.first, total.purchases.expected > 0 else { return nil }
        return Drift(
            version: version,
            sinceFit: total,
            deviations: (100 * noise.deviations(of: total)).rounded() / 100
        )
    }
}
