import Domain
import Glibc
import Modeling
import Parallel

/// What customers add to the totals of their group.
struct Sums: Sendable {
    var purchases = 0.0
    var spend = 0.0
    var value = 0.0
    /// Of the outcomes of independent customers.
    var purchaseVariance = 0.0
    var spendVariance = 0.0
    var valueVariance = 0.0

    static func += (sums: inout Sums, part: Sums) {
        sums.purchases += part.purchases
        sums.spend += part.spend
        sums.value += part.value
        sums.purchaseVariance += part.purchaseVariance
        sums.spendVariance += part.spendVariance
        sums.valueVariance += part.valueVariance
    }
}

/// The sums of both groups of customers.
struct GroupSums: Sendable {
    private var repeaters = Sums()
    private var oneTimers = Sums()

    init() {}

    /// `worth` is what a unit of each customer's spend is worth; empty without a model of spend.
    init(_ batch: ForecastBatch, _ ranges: RangeForecast, _ worth: [Double]) {
        let (purchases, spend) = (batch[.expectedPurchases], batch[.expectedSpend])
        let (groups, value) = (batch[.customerGroup], batch[.expectedValue])
        for row in purchases.indices {
            var sums = Sums()
            sums.purchases = purchases[row]
            sums.purchaseVariance = ranges.purchaseVariance[row]
            if !worth.isEmpty {
                sums.spend = spend[row]
                sums.value = value[row]
                sums.spendVariance = ranges.spendVariance[row]
                sums.valueVariance = ranges.spendVariance[row] * worth[row] * worth[row]
            }
            if groups[row] == 0 { repeaters += sums } else { oneTimers += sums }
        }
    }

    static func += (sums: inout GroupSums, part: GroupSums) {
        sums.repeaters += part.repeaters
        sums.oneTimers += part.oneTimers
    }

    func totals(horizonDays: Int, _ spread: TotalSpread, hasSpend: Bool) -> [ForecastTotal] {
        var all = repeaters
        all += oneTimers
        let groups: [(TotalGroup, Sums)] = [
            (.repeater, repeaters), (.oneTimer, oneTimers), (.all, all),
        ]
        return groups.map { group, sums in
            ForecastTotal(
                horizonDays: horizonDays,
                group: group,
                purchases: spread.range(
                    sums.purchases,
                    sums.purchaseVariance,
                    spread.purchases[group]
                ),
                spend: hasSpend
                    ? spread.range(sums.spend, sums.spendVariance, spread.spend[group]) : nil,
                value: hasSpend
                    ? spread.range(sums.value, sums.valueVariance, spread.spend[group]) : nil
            )
        }
    }
}

/// What moves all customers of a total together.
///
/// A draw of the parameters, which they share, and the level of the whole business: independent sums
/// alone would be absurdly narrow. The parameters' part is found on some of the customers.
struct TotalSpread: Sendable {
    /// By group: the relative variance over draws of the parameters.
    private(set) var purchases: [TotalGroup: Double] = [:]
    private(set) var spend: [TotalGroup: Double] = [:]

    /// The deviation of the level's logarithm while no past totals say how far forecasts are off.
    static let levelError = 0.1
    private static let sampleSize = 512

    init(
        _ draws: [ParameterDraw],
        _ sample: CustomerSummaries,
        days: Int,
        _ team: ThreadTeam
    ) {
        let grid = FrequencyAgeGrid(sample)
        let customers = 0..<sample.count
        let sums = draws.map { draw in
            let expected = PurchaseForecaster(
                draw.purchases,
                for: grid,
                over: Horizon(days: days),
                team
            )
            .forecast(customers, of: sample).expectedPurchases
            let average = draw.spend?.averageSpend(customers, of: sample)
            var sums: [TotalGroup: Sums] = [:]
            for row in customers {
                var part = Sums()
                part.purchases = expected[row]
                part.spend = expected[row] * (average?[row] ?? 0)
                sums[sample.repeats[row] > 0 ? .repeater : .oneTimer, default: Sums()] += part
                sums[.all, default: Sums()] += part
            }
            return sums
        }
        for group in [TotalGroup.repeater, .oneTimer, .all] {
            let parts = sums.map { $0[group] ?? Sums() }
            purchases[group] = relativeVariance(parts.map(\.purchases))
            spend[group] = relativeVariance(parts.map(\.spend))
        }
    }

    /// Customers at even distances.
    static func sample(of summaries: CustomerSummaries) -> CustomerSummaries {
        let count = min(summaries.count, sampleSize)
        let chosen = (0..<count).map { $0 * summaries.count / count }
        return CustomerSummaries(
            repeats: chosen.map { summaries.repeats[$0] },
            recency: chosen.map { summaries.recency[$0] },
            age: chosen.map { summaries.age[$0] },
            meanSpend: chosen.map { summaries.meanSpend[$0] },
            historicSpend: summaries.hasAmounts ? chosen.map { summaries.historicSpend[$0] } : []
        )
    }

    /// A total with its range: log-normal about its expectation.
    func range(_ expected: Double, _ variance: Double, _ parameters: Double?) -> Ranged {
        guard expected > 0 else { return Ranged(expected, low: expected, high: expected) }
        let relative = variance / (expected * expected) + (parameters ?? 0)
        let level = TotalSpread.levelError * TotalSpread.levelError
        let deviation = (log1p(relative) + level).squareRoot()
        return Ranged(
            expected,
            low: expected * exp(-Ranged.reach * deviation),
            high: max(
                expected,
                min(expected * exp(Ranged.reach * deviation), ForecastField.largestMoney)
            )
        )
    }
}

private func relativeVariance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    guard mean > 0 else { return 0 }
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        / (mean * mean)
}
