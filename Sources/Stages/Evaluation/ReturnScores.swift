package import Domain
import Glibc
package import Modeling
import Parallel

/// The scores of a model of one-timers' return and of the purchase model, added up over origins.
package struct ReturnScores: Sendable {
    private let horizonDays: Int
    private var origins: [ReturnComparison.Origin] = []
    /// By customer of the sample: how much better the first was, over all origins.
    private var gains: [Int: Double] = [:]

    /// No probability is so small that one surprise decides all.
    private static let leastProbability = 1e-4

    package init(horizonDays: Int) { self.horizonDays = horizonDays }

    /// Adds an origin whose models know both; nothing when one of them does not.
    package mutating func add(
        _ origin: PastOrigin,
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        for summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws(ModelProblem) {
        guard let later = origin.later[horizonDays] else { return }
        let loaded = try LoadedModels(models, of: catalogue, hasAmounts: false)
        guard let returns = loaded.returns else { return }
        let purchases = loaded.draws[0].purchases
        let horizon = Horizon(
            days: horizonDays,
            time: summaries.calendar?.clock.ahead(horizonDays)
        )
        let grid = FrequencyAgeGrid(summaries)
        let plain = PurchaseForecaster(purchases, for: grid, over: horizon, control.team)
            .forecast(0..<summaries.count, of: summaries)
        let risks = returns.logRisks(0..<summaries.count, of: summaries)
        var (count, returned, sum) = (0, 0, 0.0)
        for customer in 0..<summaries.count where summaries.repeats[customer] == 0 {
            let waited = Double(summaries.calendarAge[customer])
            let hazard =
                returns.cumulativeHazard(waited + Double(horizonDays))
                - returns.cumulativeHazard(waited)
            let probability = -expm1(-exp(risks[customer]) * hazard)
            let isBack = later.purchases[customer] > 0
            let gain =
                score(probability, isBack) - score(plain.returnProbability[customer], isBack)
            gains[origin.customers[customer], default: 0] += gain
            count += 1
            returned += isBack ? 1 : 0
            sum += gain
        }
        guard count > 0 else { return }
        origins.append(
            .init(day: origin.day, oneTimers: count, returns: returned, gain: sum / Double(count))
        )
    }

    private func score(_ probability: Double, _ isBack: Bool) -> Double {
        let least = ReturnScores.leastProbability
        let kept = min(max(probability, least), 1 - least)
        return isBack ? log(kept) : log1p(-kept)
    }

    package func comparison(of model: String, with purchaseModel: String) -> ReturnComparison {
        // In the order of the customers, so that sums are the same bits each time.
        let values = gains.keys.sorted().map { gains[$0] ?? 0 }
        let looks = Double(max(1, origins.reduce(0) { $0 + $1.oneTimers }))
        let mean = values.reduce(0, +) / Double(max(1, values.count))
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return ReturnComparison(
            model: model,
            purchaseModel: purchaseModel,
            horizonDays: horizonDays,
            origins: origins,
            gain: values.reduce(0, +) / looks,
            standardError: squares.squareRoot() / looks
        )
    }
}
