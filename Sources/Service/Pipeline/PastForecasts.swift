import Domain
import Evaluation
import Features
import Modeling
import Parallel
import Training

/// Today's procedure on earlier dates, with a sample of the customers and what was known then.
struct PastForecasts {
    private let settings: FitSettings
    private let needsSeason: Bool
    private let origins: [PastOrigin]
    private let control: WorkControl

    init(
        _ settings: FitSettings,
        _ season: SeasonFinding,
        _ ledger: Ledger,
        _ control: WorkControl
    ) {
        self.settings = settings
        self.control = control
        needsSeason = season.index != nil
        let sample = Evaluation.sample(ledger, control.team)
        origins = PastOrigin.all(of: sample, horizonsDays: settings.horizonsDays)
    }

    /// What models of these names would have forecast, and how far that was off.
    func totals(of names: [String]) throws -> PastTotals {
        var totals: [PastTotal] = []
        for origin in origins {
            guard let summaries = try summaries(at: origin, for: names),
                let models = try models(names, summaries)
            else { continue }
            totals += try Evaluation.totals(
                from: origin,
                models,
                of: catalogue,
                for: summaries,
                control
            )
        }
        return PastTotals(totals, horizonsDays: settings.horizonsDays)
    }

    /// Nil when the models need a season that nobody could have known then: what they say without one
    /// is no past of today's forecast.
    private func summaries(
        at origin: PastOrigin,
        for names: [String]
    ) throws -> CustomerSummaries? {
        let summaries = Features.summarise(
            origin.known,
            withFirstPurchases: catalogue.needsFirstPurchases(names),
            control.team
        )
        guard needsSeason else { return summaries }
        let counts = Features.countDays(origin.known)
        let season = try Training.findSeason(
            .auto,
            names,
            of: catalogue,
            in: counts,
            summaries,
            settings.priors,
            control
        )
        guard season.index != nil else { return nil }
        return summaries.seen(in: season, origin.known, counts, control)
    }

    /// Nil when too little was known to fit them.
    private func models(
        _ names: [String],
        _ summaries: CustomerSummaries
    ) throws -> [FittedModel]? {
        do {
            return try Training.fit(
                names,
                of: catalogue,
                to: summaries,
                priors: settings.priors,
                control
            ) { _, _ in }.models
        } catch  where error.failureClass == .refused {
            return nil
        }
    }
}
