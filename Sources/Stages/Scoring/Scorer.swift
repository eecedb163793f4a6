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
    private let ranges: [RangeForecaster]
    /// The models as fitted first, then with what else their parameters may be.
    private let draws: [ParameterDraw]
    private let hasReturnModel: Bool
    let terms: ValueTerms
    private let segments: SegmentRules
    let pastTotals: PastTotals
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
        pastTotals: PastTotals = PastTotals(),
        _ team: ThreadTeam
    ) throws(ModelProblem) {
        let loaded = try LoadedModels(models, of: catalogue, hasAmounts: summaries.hasAmounts)
        let (model, returns) = (
            loaded.draws[0].purchases, summaries.firstPurchases == nil ? nil : loaded.returns
        )
        self.summaries = summaries
        horizons = horizonsDays
        let grid = FrequencyAgeGrid(summaries)
        forecasters = horizonsDays.map {
            let horizon = Horizon(
                days: $0,
                annualDiscountRate: terms.annualDiscountRate,
                time: summaries.calendar?.clock.ahead($0)
            )
            return Forecaster(model, returns, for: summaries, grid, over: horizon, team)
        }
        draws = loaded.draws
        hasReturnModel = returns != nil
        ranges = horizonsDays.map {
            let days = summaries.calendar?.clock.ahead($0) ?? Double($0)
            return RangeForecaster(loaded.drawsThatCount, for: summaries, days: days, team)
        }
        nextPurchase = NextPurchaseForecaster(
            loaded.drawsThatCount.map(\.purchases),
            returns,
            for: grid,
            by: summaries.calendar?.clock,
            whoReturnWithin: horizonsDays.max() ?? 0,
            atLeast: Scorer.dateProbability,
            team
        )
        self.terms = terms
        self.segments = segments
        self.pastTotals = pastTotals
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

    var purchases: any PurchaseModel { draws[0].purchases }
    var spend: (any SpendModel)? { draws[0].spend }

    package var batchCount: Int { (summaries.count + Scorer.batchSize - 1) / Scorer.batchSize }

    /// The forecasts of the customers of batch `index`, one batch per horizon.
    package func batches(_ index: Int) -> [ForecastBatch] { scored(index).map(\.batch) }

    /// The same, each with what it adds to the totals.
    private func scored(_ index: Int) -> [(batch: ForecastBatch, sums: GroupSums)] {
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
            let ranges = ranges[horizon].forecast(
                customers,
                of: summaries,
                oneTimersReturn: hasReturnModel ? forecast.returnProbability : nil
            )
            batch[.expectedPurchasesLow] = ranges.purchases.low
            batch[.expectedPurchasesHigh] = ranges.purchases.high
            let worth = fillMoney(&batch, forecast, ranges, averageSpend)
            if !percentiles.isEmpty {
                let percentiles = percentiles[horizon]
                batch[.clvPercentile] = batch[.expectedValue].map(percentiles.percentile)
            }
            segmentation.fill(&batch, scores)
            return (batch, GroupSums(batch, ranges, worth))
        }
    }

    /// Fills what is money; gives for each customer what a unit of spend is worth.
    private func fillMoney(
        _ batch: inout ForecastBatch,
        _ forecast: PurchaseForecast,
        _ ranges: RangeForecast,
        _ averageSpend: [Double]?
    ) -> [Double] {
        guard summaries.hasAmounts else { return [] }
        batch[.historicSpend] = summaries.netTotal(batch.customers)
        guard let averageSpend else { return [] }
        let rows = averageSpend.indices
        batch[.expectedAverageSpend] = published(averageSpend, .expectedAverageSpend)
        batch[.expectedAverageSpendLow] = published(ranges.average.low, .expectedAverageSpendLow)
        batch[.expectedAverageSpendHigh] = publishedEnd(
            ranges.average.high,
            .expectedAverageSpendHigh
        )
        batch[.expectedSpend] = published(
            rows.map { forecast.expectedPurchases[$0] * averageSpend[$0] },
            .expectedSpend
        )
        batch[.expectedSpendLow] = published(ranges.spend.low, .expectedSpendLow)
        batch[.expectedSpendHigh] = publishedEnd(ranges.spend.high, .expectedSpendHigh)
        batch[.expectedValue] = expectedValue(forecast, averageSpend, terms.grossMargin)
        // The discount of a customer's purchases varies far less than their number and cost.
        let worth = rows.map { row in
            let purchases = forecast.expectedPurchases[row]
            let share = purchases > 0 ? forecast.discountedPurchases[row] / purchases : 1
            return terms.grossMargin * share
        }
        batch[.expectedValueLow] = published(
            rows.map { ranges.spend.low[$0] * worth[$0] },
            .expectedValueLow
        )
        batch[.expectedValueHigh] = publishedEnd(
            rows.map { ranges.spend.high[$0] * worth[$0] },
            .expectedValueHigh
        )
        let (historic, value) = (batch[.historicSpend], batch[.expectedValue])
        batch[.totalCLV] = published(
            rows.map { historic[$0] * terms.grossMargin + value[$0] },
            .totalCLV
        )
        return worth
    }

    /// Scores every batch on the team's threads, turns it into `Product` there, and delivers the
    /// products on the calling thread in the order of the customers.
    ///
    /// The totals are those of the delivered rows.
    package func score<Product: Sendable, Failure: Error>(
        _ team: ThreadTeam,
        encode: @escaping @Sendable ([ForecastBatch]) -> Product,
        deliver: (Product) throws(Failure) -> Void
    ) throws(Failure) -> ScoredTotals {
        var sums = horizons.map { _ in GroupSums() }
        try team.inOrder(batchCount) { index in
            let scored = self.scored(index)
            return Scored(product: encode(scored.map(\.batch)), sums: scored.map(\.sums))
        } consume: { (scored) throws(Failure) in
            try deliver(scored.product)
            for index in sums.indices { sums[index] += scored.sums[index] }
        }
        let sample = ParameterSpread.sample(of: summaries)
        let totals = zip(horizons, sums).flatMap { days, sums in
            let horizon = Horizon(days: days, time: summaries.calendar?.clock.ahead(days))
            let spread = TotalSpread(
                parameters: ParameterSpread(draws, sample, over: horizon, team),
                level: pastTotals.levelError(ofDays: days)
            )
            return sums.totals(horizonDays: days, spread, hasSpend: spend != nil)
        }
        let longest = horizons.indices.max { horizons[$0] < horizons[$1] }
        return ScoredTotals(
            totals: totals,
            heaviest: longest.flatMap { sums[$0].heaviest(horizonDays: horizons[$0]) }
        )
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
    var sums: [GroupSums]
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

/// The same of upper ends of ranges of money, none farther than can be published.
private func publishedEnd(_ values: [Double], _ field: ForecastField) -> [Double] {
    published(values.map { min($0, ForecastField.largestMoney) }, field)
}

/// The values with the decimals that are published of them.
func published(_ values: [Double], _ field: ForecastField) -> [Double] {
    var scale = 1.0
    for _ in 0..<field.kind.decimals { scale *= 10 }
    return values.map { ($0 * scale).rounded() / scale }
}
