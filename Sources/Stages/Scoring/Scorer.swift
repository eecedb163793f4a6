package import Domain
package import Modeling
package import Parallel

/// What turns spend into value.
package struct ValueTerms: Hashable, Sendable {
    /// Value = spend x margin.
    package var grossMargin: Double
    /// Each purchase is discounted from its own expected day, not from the horizon's middle or end.
    package var annualDiscountRate: Double

    package init(grossMargin: Double = 1, annualDiscountRate: Double = 0) {
        self.grossMargin = grossMargin
        self.annualDiscountRate = annualDiscountRate
    }
}

/// Forecasts the customers of a ledger, a batch at a time, in the order of the ledger.
///
/// A customer's percentile takes the expected values of all, so that they are computed once when the
/// scorer is made, and again with everything else. Of several models of a kind the first is used. Values are rounded to the published scale here, so
/// that a file and a table hold the same numbers, and totals add up to what the rows say.
package struct Scorer: Sendable {
    package static let batchSize = 16_384
    /// Who returns with less gets no date of the next purchase.
    static let dateProbability = 0.5

    let summaries: CustomerSummaries
    let horizons: [Int]
    private let forecasters: [Forecaster]
    private let nextPurchase: NextPurchaseForecaster
    let purchases: any PurchaseModel
    let spend: (any SpendModel)?
    let terms: ValueTerms
    private let segments: SegmentRules
    /// Those that were given; what they lacked was found in the customers.
    package private(set) var cutPoints: CutPoints
    /// One per horizon; empty without a model of spend.
    private var percentiles: [Percentiles] = []

    package init(
        _ models: [FittedModel],
        of catalogue: ModelCatalogue,
        for summaries: CustomerSummaries,
        horizonsDays: [Int],
        _ terms: ValueTerms,
        segments: SegmentRules = SegmentRules(),
        cutPoints: CutPoints = CutPoints(),
        _ team: ThreadTeam
    ) throws(ModelProblem) {
        guard let model = try catalogue.loadPurchaseModel(models) else {
            throw ModelProblem(
                code: "no_purchase_model",
                message: "no stored model forecasts purchases",
                fix: "retrain the job: clvctl run TENANT/JOB --retrain"
            )
        }
        self.summaries = summaries
        horizons = horizonsDays
        let grid = FrequencyAgeGrid(summaries)
        let returns =
            summaries.firstPurchases == nil ? nil : try catalogue.loadReturnModel(models)
        forecasters = horizonsDays.map {
            let horizon = Horizon(days: $0, annualDiscountRate: terms.annualDiscountRate)
            return Forecaster(model, returns, for: summaries, grid, over: horizon, team)
        }
        purchases = model
        nextPurchase = NextPurchaseForecaster(
            model,
            returns,
            for: grid,
            whoReturnWithin: horizonsDays.max() ?? 0,
            atLeast: Scorer.dateProbability,
            team
        )
        spend = summaries.hasAmounts ? try catalogue.loadSpendModel(models) : nil
        self.terms = terms
        self.segments = segments
        self.cutPoints = cutPoints
        self.cutPoints.complete(from: summaries, team)
        rankValues(team)
    }

    /// Finds each horizon's percentiles of expected value, and its quartiles where they are missing.
    private mutating func rankValues(_ team: ThreadTeam) {
        guard let spend else { return }
        let grossMargin = terms.grossMargin
        for (days, forecaster) in zip(horizons, forecasters) {
            let column = SortedColumn(summaries.count, team) { [summaries] customers in
                expectedValue(
                    forecaster.forecast(customers, of: summaries),
                    spend.averageSpend(customers, of: summaries),
                    grossMargin
                )
            }
            percentiles.append(Percentiles(column))
            let levels = ValueLevel.allCases.count
            if cutPoints.value[days]?.count != levels - 1 {
                cutPoints.value[days] = column.cuts(into: levels)
            }
        }
    }

    package var batchCount: Int { (summaries.count + Scorer.batchSize - 1) / Scorer.batchSize }

    /// The forecasts of the customers of batch `index`, one batch per horizon.
    package func batches(_ index: Int) -> [ForecastBatch] {
        let first = index * Scorer.batchSize
        let customers = first..<min(first + Scorer.batchSize, summaries.count)
        let averageSpend = spend?.averageSpend(customers, of: summaries)
        let segmentation = Segmentation(segments, cutPoints)
        let scores = segmentation.scores(customers, of: summaries)
        let forecasts = forecasters.map { $0.forecast(customers, of: summaries) }
        let nextPurchases = nextPurchase.days(
            customers,
            of: summaries,
            wanted: customers.indices.map { customer in
                forecasts.contains {
                    $0.returnProbability[customer - first] >= Scorer.dateProbability
                }
            }
        )
        return horizons.indices.map { horizon in
            var batch = ForecastBatch(customers: customers, horizonDays: horizons[horizon])
            batch[.customerGroup] = summaries.repeats[customers].map { $0 > 0 ? 0 : 1 }
            let forecast = forecasts[horizon]
            batch[.returnProbability] = published(forecast.returnProbability, .returnProbability)
            batch[.pAlive] = published(forecast.pAlive, .pAlive)
            batch[.expectedPurchases] = published(forecast.expectedPurchases, .expectedPurchases)
            batch.fillNextPurchase(nextPurchases, after: summaries.asOf)
            fillMoney(&batch, forecast, averageSpend)
            if !percentiles.isEmpty {
                let percentiles = percentiles[horizon]
                batch[.clvPercentile] = batch[.expectedValue].map(percentiles.percentile)
            }
            segmentation.fill(&batch, scores)
            return batch
        }
    }

    private func fillMoney(
        _ batch: inout ForecastBatch,
        _ forecast: PurchaseForecast,
        _ averageSpend: [Double]?
    ) {
        guard summaries.hasAmounts else { return }
        batch[.historicSpend] = summaries.netTotal(batch.customers)
        guard let averageSpend else { return }
        let rows = averageSpend.indices
        batch[.expectedAverageSpend] = published(averageSpend, .expectedAverageSpend)
        batch[.expectedSpend] = published(
            rows.map { forecast.expectedPurchases[$0] * averageSpend[$0] },
            .expectedSpend
        )
        batch[.expectedValue] = expectedValue(forecast, averageSpend, terms.grossMargin)
        let (historic, value) = (batch[.historicSpend], batch[.expectedValue])
        batch[.totalCLV] = published(
            rows.map { historic[$0] * terms.grossMargin + value[$0] },
            .totalCLV
        )
    }

    /// Scores every batch on the team's threads, turns it into `Product` there, and delivers the
    /// products on the calling thread in the order of the customers.
    ///
    /// The totals are those of the delivered rows.
    package func score<Product: Sendable, Failure: Error>(
        _ team: ThreadTeam,
        encode: @escaping @Sendable ([ForecastBatch]) -> Product,
        deliver: (Product) throws(Failure) -> Void
    ) throws(Failure) -> [ForecastTotal] {
        let hasSpend = spend != nil
        var totals = horizons.map {
            ForecastTotal(
                horizonDays: $0,
                purchases: Ranged(0),
                spend: hasSpend ? Ranged(0) : nil,
                value: hasSpend ? Ranged(0) : nil
            )
        }
        try team.inOrder(batchCount) { index in
            let batches = self.batches(index)
            return Scored(product: encode(batches), totals: batches.map(ForecastTotal.init))
        } consume: { (scored) throws(Failure) in
            try deliver(scored.product)
            for index in totals.indices { totals[index] += scored.totals[index] }
        }
        return totals
    }
}

/// Forecasts over one horizon: all customers, and one-timers by a model of their own if there is one.
private struct Forecaster: Sendable {
    private let purchases: PurchaseForecaster
    private let oneTimers: OneTimerForecaster?

    init(
        _ model: any PurchaseModel,
        _ returns: (any ReturnModel)?,
        for summaries: CustomerSummaries,
        _ grid: FrequencyAgeGrid,
        over horizon: Horizon,
        _ team: ThreadTeam
    ) {
        purchases = PurchaseForecaster(model, for: grid, over: horizon, team)
        oneTimers = returns.map {
            OneTimerForecaster($0, then: model, for: summaries, over: horizon, team)
        }
    }

    func forecast(_ customers: Range<Int>, of summaries: CustomerSummaries) -> PurchaseForecast {
        var forecast = purchases.forecast(customers, of: summaries)
        oneTimers?.replace(in: &forecast, customers, of: summaries)
        return forecast
    }
}

private struct Scored<Product: Sendable>: Sendable {
    var product: Product
    var totals: [ForecastTotal]
}

private func expectedValue(
    _ forecast: PurchaseForecast,
    _ averageSpend: [Double],
    _ grossMargin: Double
) -> [Double] {
    published(
        averageSpend.indices.map {
            forecast.discountedPurchases[$0] * averageSpend[$0] * grossMargin
        },
        .expectedValue
    )
}

/// The values with the decimals that are published of them.
func published(_ values: [Double], _ field: ForecastField) -> [Double] {
    var scale = 1.0
    for _ in 0..<field.kind.decimals { scale *= 10 }
    return values.map { ($0 * scale).rounded() / scale }
}

extension ForecastTotal {
    fileprivate init(_ batch: ForecastBatch) {
        func sum(_ field: ForecastField) -> Ranged? {
            batch[field].isEmpty ? nil : Ranged(batch[field].reduce(0, +))
        }
        self.init(
            horizonDays: batch.horizonDays,
            purchases: sum(.expectedPurchases) ?? Ranged(0),
            spend: sum(.expectedSpend),
            value: sum(.expectedValue)
        )
    }

    fileprivate static func += (total: inout ForecastTotal, part: ForecastTotal) {
        total.purchases.expected += part.purchases.expected
        total.spend?.expected += part.spend?.expected ?? 0
        total.value?.expected += part.value?.expected ?? 0
    }
}

extension ModelCatalogue {
    fileprivate func loadPurchaseModel(
        _ models: [FittedModel]
    ) throws(ModelProblem) -> (any PurchaseModel)? {
        for model in models {
            guard let family = purchases.first(where: { $0.name == model.name }) else { continue }
            return try family.load(model)
        }
        return nil
    }

    fileprivate func loadReturnModel(
        _ models: [FittedModel]
    ) throws(ModelProblem) -> (any ReturnModel)? {
        for model in models {
            guard let family = returns.first(where: { $0.name == model.name }) else { continue }
            return try family.load(model)
        }
        return nil
    }

    fileprivate func loadSpendModel(
        _ models: [FittedModel]
    ) throws(ModelProblem) -> (any SpendModel)? {
        for model in models {
            guard let family = spend.first(where: { $0.name == model.name }) else { continue }
            return try family.load(model)
        }
        return nil
    }
}
