package import Domain
package import Modeling

extension Scorer {
    /// The forecast of customers who have not come yet; nil when the history is too short for one.
    package func newcomers(_ counts: DailyCounts) -> NewcomerForecast? {
        guard let arrivals = ArrivalForecast(counts, days: horizons.max() ?? 0) else { return nil }
        let first = counts.meanFirstSpend ?? 0
        return NewcomerForecast(
            arrivals,
            purchases,
            spend,
            habits: NewcomerHabits(summaries, purchases, counts),
            firstSpend: spend == nil ? 0 : first,
            laterSpend: spend.map { laterSpend($0, afterFirst: first) } ?? 0,
            spendLevel: pastTotals.levelError(ofDays: 30).ofAmounts,
            annualDiscountRate: terms.annualDiscountRate,
            season: { [clock = summaries.calendar?.clock] in clock?.ahead($0) ?? Double($0) }
        )
    }

    /// What a spend model expects of somebody of whom the first purchase alone is known.
    private func laterSpend(_ model: any SpendModel, afterFirst first: Double) -> Double {
        let new = CustomerSummaries(
            repeats: [0],
            recency: [0],
            age: [0],
            meanSpend: [.nan],
            historicSpend: [first]
        )
        return model.averageSpend(0..<1, of: new)[0]
    }

    /// The totals of customers, with rows of newcomers, who count in the total of all.
    package func totals(
        _ totals: [ForecastTotal],
        with newcomers: NewcomerForecast?
    ) -> [ForecastTotal] {
        guard let newcomers else { return totals }
        return totals.flatMap { total in
            guard total.group == .all else { return [total] }
            let outlook = newcomers.outlook(0, total.horizonDays)
            let new = ForecastTotal(
                horizonDays: total.horizonDays,
                group: .newcomer,
                purchases: outlook.purchases,
                spend: spend.map { _ in outlook.spend },
                value: spend.map { _ in outlook.presentSpend * terms.grossMargin }
            )
            var all = total
            all.purchases = all.purchases + new.purchases
            all.spend = all.spend.flatMap { spend in new.spend.map { spend + $0 } }
            all.value = all.value.flatMap { value in new.value.map { value + $0 } }
            return [new, all]
        }
    }

    /// What newcomers do in each period of some days from the as-of date to the longest horizon.
    package func newcomerPeriods(
        _ newcomers: NewcomerForecast?,
        after asOf: Day,
        ofDays length: Int
    ) -> [NewcomerPeriod] {
        guard let newcomers, let last = horizons.max() else { return [] }
        return stride(from: 0, to: last, by: length).map { start in
            let end = min(start + length, last)
            let outlook = newcomers.outlook(start, end)
            return NewcomerPeriod(
                start: asOf + (start + 1),
                days: end - start,
                customers: outlook.customers,
                purchases: outlook.purchases,
                spend: spend.map { _ in outlook.spend }
            )
        }
    }
}
