package import Domain
package import Modeling
import Parallel

/// Judges models by what they would have said on earlier dates.
package enum Evaluation {
    /// The totals that models fitted at an origin forecast from there, beside what happened.
    package static func totals(
        from origin: PastOrigin,
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        for summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws(ModelProblem) -> [PastTotal] {
        let loaded = try LoadedModels(models, of: catalogue, hasAmounts: summaries.hasAmounts)
        let forecaster = OriginForecaster(loaded, summaries, control)
        return origin.later.keys.sorted().compactMap { days in
            guard !control.isCancelled(), let later = origin.later[days] else { return nil }
            return forecaster.total(from: origin.day, days, later)
        }
    }
}

/// What models say of the customers of an origin.
private struct OriginForecaster {
    private let models: LoadedModels
    private let summaries: CustomerSummaries
    private let grid: FrequencyAgeGrid
    private let averageSpend: [Double]?
    private let sample: CustomerSummaries
    private let team: ThreadTeam

    init(_ models: LoadedModels, _ summaries: CustomerSummaries, _ control: WorkControl) {
        self.models = models
        self.summaries = summaries
        team = control.team
        grid = FrequencyAgeGrid(summaries, isCoarse: true)
        averageSpend = models.draws[0].spend?.averageSpend(0..<summaries.count, of: summaries)
        sample = ParameterSpread.sample(of: summaries)
    }

    func total(from origin: Day, _ days: Int, _ later: PastOrigin.Outcome) -> PastTotal {
        let horizon = Horizon(days: days, time: summaries.calendar?.clock.ahead(days))
        let expected = expectedPurchases(horizon)
        let spread = ParameterSpread(models.draws, sample, over: horizon, isCoarse: true, team)
        return PastTotal(
            origin: origin,
            horizonDays: days,
            customers: summaries.count,
            purchases: comparison(
                expected,
                later.purchases.map { Double($0) },
                spread.purchases[.all]
            ),
            spend: averageSpend.map { average in
                comparison(zip(expected, average).map(*), later.spend, spread.spend[.all])
            }
        )
    }

    private func expectedPurchases(_ horizon: Horizon) -> [Double] {
        let forecaster = PurchaseForecaster(
            models.draws[0].purchases,
            for: grid,
            over: horizon,
            team
        )
        let oneTimers = models.returns.map {
            OneTimerForecaster(
                $0,
                then: models.draws[0].purchases,
                for: summaries,
                over: horizon,
                team
            )
        }
        let parts = ThreadTeam.chunks(of: summaries.count, by: 4096)
        return team.map(parts.count) { [summaries] part in
            var forecast = forecaster.forecast(parts[part], of: summaries)
            oneTimers?.replace(in: &forecast, parts[part], of: summaries)
            return forecast.expectedPurchases
        }.flatMap(\.self)
    }

    /// Chance is what customers, who are independent of each other, were off by in squares, and what
    /// models fitted to so few may be off by.
    private func comparison(
        _ expected: [Double],
        _ actual: [Double],
        _ parameters: Double?
    ) -> PastTotal.Comparison {
        let sum = expected.reduce(0, +)
        let squares = zip(expected, actual).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
        return PastTotal.Comparison(
            expected: sum,
            actual: actual.reduce(0, +),
            chance: sum > 0 ? squares / (sum * sum) + (parameters ?? 0) : 0
        )
    }
}
