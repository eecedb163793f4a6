package import Domain
import Glibc
package import Modeling
import Numerics
package import Parallel

/// A BG/NBD with known parameters; times in days.
package struct BetaGeometricModel: PurchaseModel {
    package let r: Double
    package let alpha: Double
    package let a: Double
    package let b: Double

    package init(r: Double, alphaWeeks: Double, a: Double, b: Double) {
        (self.r, alpha, self.a, self.b) = (r, 7 * alphaWeeks, a, b)
    }

    /// The probability that a customer is still active (Fader & Hardie 2008, note 021); 1 for x = 0.
    package func pAlive(repeats: Int32, recency: Int32, age: Int32) -> Double {
        guard repeats > 0 else { return 1 }
        let x = Double(repeats)
        let odds =
            log(a) - log(b + x - 1)
            + (r + x) * (log(alpha + Double(age)) - log(alpha + Double(recency)))
        return 1 / (1 + exp(odds))
    }

    /// The probability that a customer who is active at age T buys again within `days`.
    ///
    /// The next purchase of an active customer cannot be prevented by leaving, so this is
    /// 1 - ((alpha + T) / (alpha + T + h))^(r + x).
    package func returnWhenActive(repeats: Int32, age: Int32, days: Double) -> Double {
        -expm1(-(r + Double(repeats)) * log1p(days / (alpha + Double(age))))
    }

    /// The expected number of purchases within `days` of a customer who is active at age T.
    package func expectedWhenActive(repeats: Int32, age: Int32, days: Double) -> Double {
        DropOutMixture(a: a, b: b + Double(repeats))
            .expectedPurchases(shape: r + Double(repeats), time: days / (alpha + Double(age)))
    }

    package func forecaster(
        for grid: FrequencyAgeGrid,
        over horizon: Horizon,
        _ team: ThreadTeam
    ) -> any PurchaseForecaster {
        BetaGeometricForecaster(self, grid, horizon, team)
    }
}

/// BG/NBD forecasts of one base over one horizon: everything that customers share is in tables.
package struct BetaGeometricForecaster: PurchaseForecaster {
    private let r: Double
    private let grid: FrequencyAgeGrid
    /// By pair of x and T, for active customers.
    private let whenActive: [WhenActive]
    /// By x: ln a - ln(b + x - 1).
    private let dropOut: [Double]
    /// By day t: ln(alpha + t).
    private let time: [Double]

    private struct WhenActive: BitwiseCopyable {
        var returns: Double
        var purchases: Double
        var discounted: Double
    }

    init(
        _ model: BetaGeometricModel,
        _ grid: FrequencyAgeGrid,
        _ horizon: Horizon,
        _ team: ThreadTeam
    ) {
        r = model.r
        self.grid = grid
        let days = Double(horizon.days)
        let mixtures = grid.differentRepeats.map {
            DropOutMixture(a: model.a, b: model.b + Double($0))
        }
        let discount = Discounting(horizon)
        whenActive = team.column(grid.count, by: 256) { pair in
            let (repeats, age) = (grid.repeats[pair], grid.age[pair])
            let mixture = mixtures[Int(grid.row[pair])]
            let shape = model.r + Double(repeats)
            let scale = model.alpha + Double(age)
            let purchases = mixture.expectedPurchases(shape: shape, time: days / scale)
            return WhenActive(
                returns: model.returnWhenActive(repeats: repeats, age: age, days: days),
                purchases: purchases,
                discounted: discount.presentValue(atEnd: purchases) {
                    mixture.expectedPurchases(shape: shape, time: $0 / scale)
                }
            )
        }
        dropOut = (0...(grid.repeats.last ?? 0)).map {
            $0 == 0 ? -.infinity : log(model.a) - log(model.b + Double($0 - 1))
        }
        time = (0...grid.ageMax).map { log(model.alpha + Double($0)) }
    }

    package func forecast(
        _ customers: Range<Int>,
        of summaries: CustomerSummaries
    ) -> PurchaseForecast {
        var forecast = PurchaseForecast(capacity: customers.count)
        let (repeats, recency, age) = (summaries.repeats, summaries.recency, summaries.age)
        for index in customers {
            let x = repeats[index]
            let gap = time[Int(age[index])] - time[Int(recency[index])]
            let pAlive = 1 / (1 + exp(dropOut[Int(x)] + (r + Double(x)) * gap))
            let active = whenActive[grid.pair(repeats: x, age: age[index])]
            forecast.pAlive.append(pAlive)
            forecast.returnProbability.append(pAlive * active.returns)
            forecast.expectedPurchases.append(pAlive * active.purchases)
            forecast.discountedPurchases.append(pAlive * active.discounted)
        }
        return forecast
    }
}
