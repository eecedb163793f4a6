package import Domain
import Glibc
package import Parallel

/// Forecasts one-timers: a second purchase by a return model, and what follows it by a purchase model.
///
/// The expected purchases are the sum over days u of the probability of the second purchase at u,
/// times 1 + the expected purchases of a customer with x = 1 and t_x = T = the first gap in the time
/// that remains. They depend on the age and the logarithm of the risk alone, so they are tabulated over
/// the few ages and a grid of risks, between which a cubic is right to a few parts in ten million.
package struct OneTimerForecaster: Sendable {
    private let returns: any ReturnModel
    /// By age: its row; -1 where no one-timer has it.
    private let row: [Int32]
    private let hazards: [Double]
    private let grid: RiskGrid
    /// By row and place in the grid.
    private let table: [Cell]

    private struct Cell: BitwiseCopyable {
        var purchases: Double
        var discounted: Double
    }

    package init(
        _ returns: any ReturnModel,
        then purchases: any PurchaseModel,
        for summaries: CustomerSummaries,
        over horizon: Horizon,
        _ team: ThreadTeam
    ) {
        self.returns = returns
        let calendarAge = summaries.calendarAge
        var row = [Int32](repeating: -1, count: Int(calendarAge.max() ?? 0) + 1)
        for (repeats, age) in zip(summaries.repeats, calendarAge) where repeats == 0 {
            row[Int(age)] = 0
        }
        let ages = row.indices.filter { row[$0] == 0 }
        for (place, age) in ages.enumerated() { row[age] = Int32(place) }
        self.row = row
        let grid = RiskGrid(of: summaries, by: returns, team)
        self.grid = grid
        hazards = ages.map {
            returns.cumulativeHazard(Double($0 + horizon.days))
                - returns.cumulativeHazard(Double($0))
        }
        let sequels = Sequels(of: purchases, over: horizon, summaries.calendar?.clock)
        let rows = team.map(ages.count) { place in
            let worth = sequels.worth(afterAge: ages[place])
            let start = returns.cumulativeHazard(Double(ages[place]))
            let hazards = (0...horizon.days).map { day in
                returns.cumulativeHazard(Double(ages[place] + day)) - start
            }
            return grid.risks.map { risk in
                var cell = Cell(purchases: 0, discounted: 0)
                var waiting = 1.0
                for day in 1..<hazards.count where hazards[day] > hazards[day - 1] {
                    let after = exp(-risk * hazards[day])
                    cell.purchases += (waiting - after) * worth[day].purchases
                    cell.discounted += (waiting - after) * worth[day].discounted
                    waiting = after
                }
                return cell
            }
        }
        table = rows.flatMap(\.self)
    }

    /// Puts what is known of one-timers in the place of what the purchase model says of them.
    package func replace(
        in forecast: inout PurchaseForecast,
        _ customers: Range<Int>,
        of summaries: CustomerSummaries
    ) {
        let logRisks = returns.logRisks(customers, of: summaries)
        let age = summaries.calendarAge
        for (place, customer) in customers.enumerated() where summaries.repeats[customer] == 0 {
            let row = Int(row[Int(age[customer])])
            let probability = -expm1(-exp(logRisks[place]) * hazards[row])
            let (cell, weights) = grid.cubic(at: logRisks[place])
            var (purchases, discounted) = (0.0, 0.0)
            for offset in 0..<RiskGrid.points {
                let known = table[row * grid.risks.count + cell + offset]
                purchases += weights[offset] * known.purchases
                discounted += weights[offset] * known.discounted
            }
            forecast.returnProbability[place] = probability
            forecast.expectedPurchases[place] = max(probability, purchases)
            forecast.discountedPurchases[place] = max(0, discounted)
        }
    }
}

/// Risks at even distances of their logarithm, as far as one-timers have them.
private struct RiskGrid: Sendable {
    static let points = 4
    private static let step = 1.0 / 32

    private let first: Double
    let risks: [Double]

    init(of summaries: CustomerSummaries, by model: any ReturnModel, _ team: ThreadTeam) {
        let parts = ThreadTeam.chunks(of: summaries.count, by: 16_384)
        let ends = team.map(parts.count) { part in
            var (lowest, highest) = (Double.infinity, -Double.infinity)
            for (risk, customer) in zip(model.logRisks(parts[part], of: summaries), parts[part])
            where summaries.repeats[customer] == 0 {
                (lowest, highest) = (min(lowest, risk), max(highest, risk))
            }
            return (lowest, highest)
        }
        let lowest = ends.map(\.0).min() ?? 0
        let highest = ends.map(\.1).max() ?? 0
        let width = highest >= lowest ? highest - lowest : 0
        let first = (lowest.isFinite ? lowest : 0) - RiskGrid.step
        self.first = first
        risks = (0..<Int(width / RiskGrid.step) + RiskGrid.points).map {
            exp(first + Double($0) * RiskGrid.step)
        }
    }

    /// Lagrange's cubic through four places: the first of them, and their weights.
    func cubic(at logRisk: Double) -> (first: Int, weights: InlineArray<4, Double>) {
        let place = (logRisk - first) / RiskGrid.step
        let cell = min(max(0, Int(place) - 1), risks.count - RiskGrid.points)
        let t = place - Double(cell)
        return (
            cell,
            [
                (t - 1) * (t - 2) * (t - 3) / -6, t * (t - 2) * (t - 3) / 2,
                t * (t - 1) * (t - 3) / -2, t * (t - 1) * (t - 2) / 6,
            ]
        )
    }
}

/// What a second purchase brings with it within the horizon.
private struct Sequels: Sendable {
    struct Worth {
        var purchases: Double
        var discounted: Double
    }

    /// Of how many days the purchase model is asked; the others lie on a curve through them.
    private static let asked = 24

    private let model: any PurchaseModel
    private let outlook: any ActiveOutlook
    private let horizon: Horizon
    private let clock: SeasonalClock?

    init(of model: any PurchaseModel, over horizon: Horizon, _ clock: SeasonalClock?) {
        self.model = model
        self.horizon = horizon
        self.clock = clock
        outlook = model.outlook(repeats: 1)
    }

    /// By day from 0: what a second purchase then, `age` + that many days after the first, is worth.
    func worth(afterAge age: Int) -> [Worth] {
        let days = horizon.days
        guard days > Sequels.asked else { return (0...days).map { worth(gap: age + $0, day: $0) } }
        let nodes = ChebyshevNodes(count: Sequels.asked, from: scale(age), to: scale(age + days))
        // Whole days near the nodes, in the scale in which the curve is smooth.
        var places = nodes.values.map { min(days, max(0, Int((exp($0) - 7).rounded()) - age)) }
        places = Array(Set(places + [0, days])).sorted()
        let known = places.map { worth(gap: age + $0, day: $0) }
        let curve = BarycentricCurve(places.map { scale(age + $0) })
        return (0...days).map { day in
            let weights = curve.weights(at: scale(age + day))
            return Worth(
                purchases: zip(weights, known).reduce(0) { $0 + $1.0 * $1.1.purchases },
                discounted: zip(weights, known).reduce(0) { $0 + $1.0 * $1.1.discounted }
            )
        }
    }

    /// Purchases slow down with the logarithm of the age.
    private func scale(_ days: Int) -> Double { log(Double(days + 7)) }

    private func worth(gap: Int, day: Int) -> Worth {
        let days = horizon.days - day
        let purchases = expected(gap, day, Double(days))
        let discounted = Discounting(
            Horizon(days: days, annualDiscountRate: horizon.annualDiscountRate)
        ).presentValue(atEnd: purchases) { expected(gap, day, $0) }
        let today = Discounting(horizon).factor(afterDays: day)
        return Worth(purchases: 1 + purchases, discounted: today * (1 + discounted))
    }

    /// What follows within some days a second purchase on `day`, `gap` days after the first.
    private func expected(_ gap: Int, _ day: Int, _ days: Double) -> Double {
        guard days > 0 else { return 0 }
        guard let clock else { return expected(age: Int32(gap), days) }
        let now = clock.asOf.number + Int32(day)
        let age = clock.time(from: now - Int32(gap), to: now)
        let whole = clock.time(from: now, to: clock.asOf.number + Int32(horizon.days))
        let time = whole * days / Double(horizon.days - day)
        // Models know whole days of age; between two of them on a straight line.
        let (lower, share) = (Int32(age), age - age.rounded(.down))
        return (1 - share) * expected(age: lower, time) + share * expected(age: lower + 1, time)
    }

    private func expected(age: Int32, _ time: Double) -> Double {
        let activity = model.activity(of: PurchaseHistory(repeats: 1, recency: age, age: age))
        return activity.enumerated().reduce(0) { sum, phase in
            sum + phase.element
                * outlook.expectedPurchases(phase: phase.offset, age: age, days: time)
        }
    }
}
