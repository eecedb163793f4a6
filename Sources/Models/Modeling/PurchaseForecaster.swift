package import Domain
package import Parallel

/// How far ahead, and what later money is worth.
package struct Horizon: Hashable, Sendable {
    package let days: Int
    /// 0.15: money a year from now is worth 1 / 1.15 of today's.
    package let annualDiscountRate: Double
    /// How long that is for purchase models: the days, unless a seasonal clock runs.
    package let time: Double

    package init(days: Int, annualDiscountRate: Double = 0, time: Double? = nil) {
        self.days = days
        self.annualDiscountRate = annualDiscountRate
        self.time = time ?? Double(days)
    }
}

/// What a purchase model says of some customers, in columns.
package struct PurchaseForecast: Sendable {
    /// The probability that the customer has not left yet.
    package var pAlive: [Double]
    /// The probability of a purchase within the horizon.
    package var returnProbability: [Double]
    /// The expected number of purchase days within the horizon.
    package var expectedPurchases: [Double]
    /// The same, each day weighted by what money on it is worth today.
    package var discountedPurchases: [Double]

    package init(capacity: Int) {
        pAlive = []
        returnProbability = []
        expectedPurchases = []
        discountedPurchases = []
        pAlive.reserveCapacity(capacity)
        returnProbability.reserveCapacity(capacity)
        expectedPurchases.reserveCapacity(capacity)
        discountedPurchases.reserveCapacity(capacity)
    }
}

/// Forecasts customers of one base over one horizon, a range at a time.
///
/// What active customers will do is in a table by pair of x and T, and phase.
package struct PurchaseForecaster: Sendable {
    private let model: any PurchaseModel
    private let grid: FrequencyAgeGrid
    private let whenActive: [WhenActive]

    private struct WhenActive: BitwiseCopyable {
        var returns: Double
        var purchases: Double
        var discounted: Double
    }

    package init(
        _ model: any PurchaseModel,
        for grid: FrequencyAgeGrid,
        over horizon: Horizon,
        _ team: ThreadTeam
    ) {
        self.model = model
        self.grid = grid
        let (phases, days) = (model.phases, horizon.time)
        let outlooks = grid.differentRepeats.map { model.outlook(repeats: $0) }
        let discount = Discounting(horizon)
        let speed = horizon.time / Double(max(1, horizon.days))
        whenActive = team.column(grid.count * phases, by: 256) { cell in
            let (pair, phase) = cell.quotientAndRemainder(dividingBy: phases)
            let outlook = outlooks[Int(grid.row[pair])]
            let age = grid.age[pair]
            let purchases = outlook.expectedPurchases(phase: phase, age: age, days: days)
            return WhenActive(
                returns: outlook.returnProbability(phase: phase, age: age, days: days),
                purchases: purchases,
                discounted: discount.presentValue(atEnd: purchases) {
                    outlook.expectedPurchases(phase: phase, age: age, days: $0 * speed)
                }
            )
        }
    }

    package func forecast(
        _ customers: Range<Int>,
        of summaries: CustomerSummaries
    ) -> PurchaseForecast {
        var forecast = PurchaseForecast(capacity: customers.count)
        let phases = model.phases
        let activity = model.activity(customers, of: summaries)
        let (repeats, age) = (summaries.repeats, summaries.age)
        var next = 0
        for index in customers {
            let first = phases * grid.pair(repeats: repeats[index], age: age[index])
            var (alive, returns, purchases, discounted) = (0.0, 0.0, 0.0, 0.0)
            for phase in 0..<phases {
                let weight = activity[next]
                let active = whenActive[first + phase]
                next += 1
                alive += weight
                returns += weight * active.returns
                purchases += weight * active.purchases
                discounted += weight * active.discounted
            }
            forecast.pAlive.append(min(1, alive))
            forecast.returnProbability.append(min(1, returns))
            forecast.expectedPurchases.append(purchases)
            forecast.discountedPurchases.append(discounted)
        }
        return forecast
    }
}
