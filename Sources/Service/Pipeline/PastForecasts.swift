import Domain
import Evaluation
import Features
import Modeling
import Parallel
import Training

/// Today's procedure on earlier dates, with a sample of the customers and what was known then.
struct PastForecasts: Sendable {
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
        let all = names + (candidate.map { [$0] } ?? [])
        let fits = try each(origins) { try fit(all, at: $0, $1) }.compactMap(\.self)
        let comparison = try candidate.map { try compare($0, with: names[0], fits) }
        let unwanted = comparison?.isBetter == true ? nil : candidate
        let totals = try each(fits) { fit, control in
            try Evaluation.totals(
                from: fit.origin,
                fit.models.filter { $0.name != unwanted },
                of: catalogue,
                for: fit.summaries,
                control
            ).map { total in
                var total = total
                total.lacksSeason = fit.lacksSeason ? true : nil
                return total
            }
        }.flatMap(\.self)
        var past = PastTotals(totals, horizonsDays: settings.horizonsDays)
        past.oneTimers = comparison
        return past
    }

    /// Each date on a thread of its own: fits to so few customers would leave a team waiting.
    private func each<Date: Sendable, Found: Sendable>(
        _ dates: [Date],
        _ look: @escaping @Sendable (Date, WorkControl) throws -> Found
    ) throws -> [Found] {
        var alone = control
        alone.team = ThreadTeam(threads: 1)
        return try control.team.map(dates.count) { [alone] index in
            Result { try look(dates[index], alone) }
        }.map { try $0.get() }
    }

    /// On the dates that knew what today's models know.
    private func compare(
        _ candidate: String,
        with purchaseModel: String,
        _ fits: [PastFit]
    ) throws -> ReturnComparison {
        var scores = ReturnScores(horizonDays: settings.horizonsDays[0])
        for fit in fits where !fit.lacksSeason {
            try scores.add(fit.origin, fit.models, of: catalogue, for: fit.summaries, control)
        }
        return scores.comparison(of: candidate, with: purchaseModel)
    }

    /// Without a season where today's was not to be known; nil when too little was known to fit models.
    private func fit(
        _ names: [String],
        at origin: PastOrigin,
        _ control: WorkControl
    ) throws -> PastFit? {
        var summaries = Features.summarise(origin.known, control.team)
            .with(firstPurchasesOf: origin.known, for: names, control)
        var lacksSeason = false
        if needsSeason {
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
            lacksSeason = season.index == nil
            summaries = summaries.seen(in: season, origin.known, counts, control)
        }
        return try models(names, summaries, control).map {
            PastFit(origin: origin, summaries: summaries, models: $0, lacksSeason: lacksSeason)
        }
    }

    /// Nil when too little was known to fit them.
    private func models(
        _ names: [String],
        _ summaries: CustomerSummaries,
        _ control: WorkControl
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

/// What was fitted at an earlier date.
private struct PastFit: Sendable {
    var origin: PastOrigin
    /// As the models see them.
    var summaries: CustomerSummaries
    var models: [FittedModel]
    var lacksSeason: Bool
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
