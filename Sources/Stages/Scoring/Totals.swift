import Domain
import Glibc
import Modeling

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
    /// Of whom most spend is expected; the first of equals.
    private var heaviest = (customer: 0, spend: 0.0)

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
                if spend[row] > heaviest.spend {
                    heaviest = (batch.customers.lowerBound + row, spend[row])
                }
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
        if part.heaviest.spend > sums.heaviest.spend { sums.heaviest = part.heaviest }
    }

    func heaviest(horizonDays: Int) -> HeaviestCustomer? {
        guard heaviest.spend > 0 else { return nil }
        return HeaviestCustomer(
            customer: heaviest.customer,
            horizonDays: horizonDays,
            share: heaviest.spend / (repeaters.spend + oneTimers.spend)
        )
    }

    func totals(horizonDays: Int, _ spread: TotalSpread, hasSpend: Bool) -> [ForecastTotal] {
        var all = repeaters
        all += oneTimers
        let groups: [(TotalGroup, Sums)] = [
            (.repeater, repeaters), (.oneTimer, oneTimers), (.all, all),
        ]
        var totals = groups.map { group, sums in
            func money(_ expected: Double, _ variance: Double) -> Ranged? {
                let parameters = spread.parameters.spend[group]
                return hasSpend
                    ? spread.range(expected, variance, parameters, spread.level.spend) : nil
            }
            return ForecastTotal(
                horizonDays: horizonDays,
                group: group,
                purchases: spread.range(
                    sums.purchases,
                    sums.purchaseVariance,
                    spread.parameters.purchases[group],
                    spread.level.purchases
                ),
                spend: money(sums.spend, sums.spendVariance),
                value: money(sums.value, sums.valueVariance)
            )
        }
        // Each range is the law of a sum of its own, and they need not agree to the last percent.
        totals[2].purchases.keepLow(above: totals[0].purchases, totals[1].purchases)
        if let one = totals[0].spend, let other = totals[1].spend {
            totals[2].spend?.keepLow(above: one, other)
        }
        if let one = totals[0].value, let other = totals[1].value {
            totals[2].value?.keepLow(above: one, other)
        }
        return totals
    }
}

/// What moves all customers of a total together.
///
/// A draw of the parameters, which they share, and the level of the whole business: independent sums
/// alone would be absurdly narrow.
struct TotalSpread: Sendable {
    let parameters: ParameterSpread
    let level: LevelError

    /// A total with its range: log-normal about its expectation.
    func range(
        _ expected: Double,
        _ variance: Double,
        _ parameters: Double?,
        _ level: Double
    ) -> Ranged {
        guard expected > 0 else { return Ranged(expected, low: expected, high: expected) }
        let relative = variance / (expected * expected) + (parameters ?? 0)
        let deviation = (log1p(relative) + level * level).squareRoot()
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
