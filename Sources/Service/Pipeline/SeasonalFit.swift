import Configuration
import Domain
import Features
import Modeling
import Parallel
import Training
import WorkerContract

/// Fitted models, with the customers as those models see them.
struct SeasonalFit {
    var trained: TrainedModels
    /// By a seasonal clock when there is a season.
    var summaries: CustomerSummaries
    var season: SeasonFinding
    /// How far forecasts of such models from earlier dates were off.
    var past: PastTotals
    /// Why a model was chosen, where nobody named it.
    var reasons: [String: String] = [:]
}

/// What is to be fitted, and how.
struct FitSettings: Sendable {
    var models: [String]
    var priors: Priors
    var season: SeasonChoice
    var horizonsDays: [Int]
    /// The columns of groups.
    var covariates: [String]

    /// `"auto"` is an empty list of models.
    init(_ run: RunSettings) {
        let job = run.job
        (models, priors, season) = (job.models, job.priors, job.season)
        horizonsDays = job.horizons.map(\.days)
        covariates = run.source.columns.covariates
    }

    init(_ file: PipelineSettings) {
        (models, priors, season) = (file.models, file.priors, file.season)
        horizonsDays = file.horizons.map(\.days)
        covariates = file.columns.covariates
    }

    /// Columns of groups that no model asks for; nil when there are none.
    fileprivate var unusedCovariates: ProblemReport? {
        guard !covariates.isEmpty, !models.isEmpty, !catalogue.needsFirstPurchases(models) else {
            return nil
        }
        let names = covariates.map { "\"\($0)\"" }.joined(separator: ", ")
        return ProblemReport(
            code: "unused_covariates",
            message: "nothing is learned from \(names): no model of one-timers is named",
            fix: "add \"cox\" to the models, or leave the columns out"
        )
    }
}

extension EventStream {
    /// The training stage: looks for a season, fits the models, sees how such models did on earlier
    /// dates, and tells their warnings.
    mutating func fitting(
        _ settings: FitSettings,
        to ledger: Ledger,
        _ summaries: CustomerSummaries,
        _ counts: DailyCounts,
        _ control: WorkControl
    ) throws -> SeasonalFit {
        let fit = try stage(.train, rows: { (_: borrowing SeasonalFit) in summaries.count }) {
            stream in
            let season = try Training.findSeason(
                settings.season,
                settings.models,
                of: catalogue,
                in: counts,
                summaries,
                settings.priors,
                control
            )
            let isAutomatic = settings.models.isEmpty
            var names = settings.models
            var reasons: [String: String] = [:]
            if isAutomatic {
                (names, reasons) = try Training.automatic(from: catalogue, for: summaries)
            }
            let candidate = isAutomatic ? catalogue.returns.first?.name : nil
            let past = try PastForecasts(settings, season, ledger, control)
                .totals(of: names, candidate: candidate)
            if let candidate, past.oneTimers?.isBetter == true { names.append(candidate) }
            let seen = summaries.with(firstPurchasesOf: ledger, for: names, control)
                .seen(in: season, ledger, counts, control)
            let trained = try Training.fit(
                names,
                of: catalogue,
                to: seen,
                priors: settings.priors,
                control
            ) { done, total in
                // A progress line that nobody takes is no reason to stop a fit.
                try? stream.send(.progress(.train, done: done, total: total, unit: "models"))
            }
            return SeasonalFit(
                trained: trained,
                summaries: seen,
                season: season,
                past: past,
                reasons: reasons
            )
        }
        let trained = fit.trained
        if let unused = settings.unusedCovariates { try warn(unused) }
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
