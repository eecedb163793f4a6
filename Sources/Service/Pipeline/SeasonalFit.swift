import Domain
import Features
import Modeling
import Training
import WorkerContract

/// Fitted models, with the customers as those models see them.
struct SeasonalFit {
    var trained: TrainedModels
    /// By a seasonal clock when there is a season.
    var summaries: CustomerSummaries
    var season: SeasonFinding
}

extension EventStream {
    /// The training stage: looks for a season, fits the models, and tells their warnings.
    mutating func fitting(
        _ names: [String],
        _ priors: Priors,
        _ choice: SeasonChoice,
        to ledger: Ledger,
        _ summaries: CustomerSummaries,
        _ counts: DailyCounts,
        _ control: WorkControl
    ) throws -> SeasonalFit {
        let fit = try stage(.train, rows: { (_: borrowing SeasonalFit) in summaries.count }) {
            stream in
            let season = try Training.findSeason(
                choice,
                names,
                of: catalogue,
                in: counts,
                summaries,
                priors,
                control
            )
            let seen = summaries.seen(in: season, ledger, counts, control)
            let trained = try Training.fit(names, of: catalogue, to: seen, priors: priors, control)
            {
                done,
                total in
                // A progress line that nobody takes is no reason to stop a fit.
                try? stream.send(.progress(.train, done: done, total: total, unit: "models"))
            }
            return SeasonalFit(trained: trained, summaries: seen, season: season)
        }
        let trained = fit.trained
        for warning in trained.warnings + trained.models.flatMap(\.warnings) { try warn(warning) }
        return fit
    }
}

extension CustomerSummaries {
    /// The same customers by the clock of a season, if there is one.
    func seen(
        in season: SeasonFinding,
        _ ledger: Ledger,
        _ counts: DailyCounts,
        _ control: WorkControl
    ) -> CustomerSummaries {
        guard let index = season.index else { return self }
        return Features.inSeason(self, ledger, counts, index, control.team)
    }
}
