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
    ///
    /// A `candidate` is a model of one-timers' return that is fitted besides: where it tells returns
    /// better beyond chance, the totals are those with it.
    func totals(of names: [String], candidate: String?) throws -> PastTotals {
        var (without, with): ([PastTotal], [PastTotal]) = ([], [])
        var scores = ReturnScores(horizonDays: settings.horizonsDays[0])
        let all = names + (candidate.map { [$0] } ?? [])
        for origin in origins {
            guard let summaries = try summaries(at: origin, for: all),
                let models = try models(all, summaries)
            else { continue }
            func totals(_ models: [FittedModel]) throws -> [PastTotal] {
                try Evaluation.totals(from: origin, models, of: catalogue, for: summaries, control)
            }
            without += try totals(models.filter { $0.name != candidate })
            guard candidate != nil else { continue }
            with += try totals(models)
            try scores.add(origin, models, of: catalogue, for: summaries, control)
        }
        let comparison = candidate.map { scores.comparison(of: $0, with: names[0]) }
        var past = PastTotals(
            comparison?.isBetter == true ? with : without,
            horizonsDays: settings.horizonsDays
        )
        past.oneTimers = comparison
        return past
    }

    /// Nil when the models need a season that nobody could have known then: what they say without one
    /// is no past of today's forecast.
    private func summaries(
        at origin: PastOrigin,
        for names: [String]
    ) throws -> CustomerSummaries? {
        let summaries = Features.summarise(origin.known, control.team)
            .with(firstPurchasesOf: origin.known, for: names, control)
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

extension CustomerSummaries {
    /// The same customers with how they began, if one of some models learns from that.
    func with(
        firstPurchasesOf ledger: Ledger,
        for names: [String],
        _ control: WorkControl
    ) -> CustomerSummaries {
        guard catalogue.needsFirstPurchases(names) else { return self }
        var summaries = self
        summaries.firstPurchases = Features.firstPurchases(ledger, control.team)
        return summaries
    }
}
