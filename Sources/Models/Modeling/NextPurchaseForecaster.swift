package import Domain
import Glibc
package import Parallel

/// When the next purchase comes, given that it comes before the customer leaves.
///
/// Quantiles of that time, rounded up to days: the first day by which at least that share of the next
/// purchases has been made, in the mean over what the parameters may be.
package struct NextPurchaseForecaster: Sendable {
    /// In days after the as-of date; NaN beyond a hundred years.
    package struct Days: BitwiseCopyable, Sendable {
        package var median = Double.nan
        package var low = Double.nan
        package var high = Double.nan
    }

    /// A next purchase later than that has no date.
    package static let lastDay = 36_525

    private let model: any PurchaseModel
    private let returns: (any ReturnModel)?
    private let grid: FrequencyAgeGrid
    /// By draw of the parameters and row of the grid.
    private let outlooks: [[any ActiveOutlook]]
    private let clock: SeasonalClock?
    /// By pair of x and T, when nothing else counts.
    private let table: [Days]

    /// The first of the models is the one as fitted.
    ///
    /// Only customers who return by it within `longest` days with at least `probability` are asked
    /// for.
    package init(
        _ models: [any PurchaseModel],
        _ returns: (any ReturnModel)? = nil,
        for grid: FrequencyAgeGrid,
        by clock: SeasonalClock? = nil,
        whoReturnWithin longest: Int,
        atLeast probability: Double,
        _ team: ThreadTeam
    ) {
        let model = models[0]
        (self.model, self.returns, self.grid, self.clock) = (model, returns, grid, clock)
        let outlooks = models.map { model in
            grid.differentRepeats.map { model.outlook(repeats: $0) }
        }
        self.outlooks = outlooks
        guard model.phases == 1 else {
            table = []
            return
        }
        // Whoever may have left returns with less than an active customer.
        table = team.column(grid.count, by: 256) { pair in
            let (row, age) = (Int(grid.row[pair]), grid.age[pair])
            func returns(_ draw: Int, _ days: Int) -> Double {
                let time = clock?.ahead(days) ?? Double(days)
                return outlooks[draw][row].returnProbability(phase: 0, age: age, days: time)
            }
            guard returns(0, longest) >= probability else { return Days() }
            return Days(ever: outlooks.sum { $0[row].everReturns(phase: 0, age: age) }) { days in
                outlooks.indices.sum { returns($0, days) }
            }
        }
    }

    /// The quantiles of the customers that are wanted.
    package func days(
        _ customers: Range<Int>,
        of summaries: CustomerSummaries,
        wanted: [Bool]
    ) -> [Days] {
        var days = [Days](repeating: Days(), count: customers.count)
        guard wanted.contains(true) else { return days }
        let activity = table.isEmpty ? model.activity(customers, of: summaries) : []
        let risks = returns?.logRisks(customers, of: summaries)
        for (place, customer) in customers.enumerated() where wanted[place] {
            let (repeats, age) = (summaries.repeats[customer], summaries.age[customer])
            if repeats == 0, let returns, let risks {
                let waited = Double(summaries.calendarAge[customer])
                days[place] = Days(returns, risk: exp(risks[place]), waited: waited)
                continue
            }
            let pair = grid.pair(repeats: repeats, age: age)
            days[place] =
                table.isEmpty
                ? mixture(pair, activity[place * model.phases..<(place + 1) * model.phases])
                : table[pair]
        }
        return days
    }

    /// Of a customer who may be in several phases.
    private func mixture(_ pair: Int, _ activity: ArraySlice<Double>) -> Days {
        let (row, age) = (Int(grid.row[pair]), grid.age[pair])
        func sum(_ value: (_ outlook: any ActiveOutlook, _ phase: Int) -> Double) -> Double {
            outlooks.sum { outlook in
                zip(activity, 0...).sum { $0 * value(outlook[row], $1) }
            }
        }
        return Days(ever: sum { $0.everReturns(phase: $1, age: age) }) { days in
            let time = clock?.ahead(days) ?? Double(days)
            return sum { $0.returnProbability(phase: $1, age: age, days: time) }
        }
    }
}

extension Sequence {
    fileprivate func sum(_ value: (Element) -> Double) -> Double {
        reduce(0) { $0 + value($1) }
    }
}

extension NextPurchaseForecaster.Days {
    /// From the probabilities of a purchase ever, and by some day, or both times some number.
    fileprivate init(ever: Double, by probability: (_ day: Int) -> Double) {
        guard ever > 0 else { return }
        var first = 1
        func quantile(_ share: Double) -> Double {
            guard let day = firstDay(from: first, where: { probability($0) >= share * ever }) else {
                return .nan
            }
            first = day
            return Double(day)
        }
        low = quantile(0.05)
        median = quantile(0.5)
        high = quantile(0.95)
    }

    /// Of a one-timer who has waited some days.
    fileprivate init(_ returns: any ReturnModel, risk: Double, waited: Double) {
        let start = returns.cumulativeHazard(waited)
        func probability(_ days: Double) -> Double {
            -expm1(-risk * (returns.cumulativeHazard(waited + days) - start))
        }
        self.init(ever: probability(.infinity)) { probability(Double($0)) }
    }
}

/// The first day for which something holds that holds from then on; nil when it is too far.
private func firstDay(from first: Int, where holds: (_ day: Int) -> Bool) -> Int? {
    let last = NextPurchaseForecaster.lastDay
    var (before, after) = (first - 1, first)
    while !holds(after) {
        guard after < last else { return nil }
        (before, after) = (after, min(last, 2 * after))
    }
    while after - before > 1 {
        let middle = (before + after) / 2
        if holds(middle) { after = middle } else { before = middle }
    }
    return after
}
