package import Domain
import Glibc

/// What customers who were not seen by the as-of date will do, summed over all of them.
///
/// Each arrives on a day, makes the first purchase then, and goes on as the purchase model says of a
/// brand-new customer. Amounts are the mean of first days, and later the mean of the spend model.
package struct NewcomerForecast: Sendable {
    /// What newcomers do within some days after the as-of date.
    package struct Sums: Hashable, Sendable {
        package var customers = 0.0
        package var purchases = 0.0
        package var spend = 0.0
        /// Discounted, before any margin.
        package var presentSpend = 0.0

        fileprivate static func - (sums: Sums, earlier: Sums) -> Sums {
            Sums(
                customers: sums.customers - earlier.customers,
                purchases: sums.purchases - earlier.purchases,
                spend: sums.spend - earlier.spend,
                presentSpend: sums.presentSpend - earlier.presentSpend
            )
        }
    }

    package let arrivals: ArrivalForecast
    /// By day from 0: the sums up to it.
    private let sums: [Sums]
    /// The mean square of a newcomer's purchases by the last day, over the square of their mean.
    private let dispersion: Double

    /// `firstSpend` and `laterSpend` are the mean amounts; zero without a model of spend.
    package init(
        _ arrivals: ArrivalForecast,
        _ model: any PurchaseModel,
        firstSpend: Double,
        laterSpend: Double,
        annualDiscountRate: Double = 0,
        season: (_ day: Int) -> Double = { Double($0) }
    ) {
        self.arrivals = arrivals
        let days = arrivals.perDay.count
        let curve = ExpectedByAge(model, upTo: season(days) - season(0))
        let discount = log1p(annualDiscountRate) / 365
        var sums = [Sums()]
        sums.reserveCapacity(days + 1)
        for day in 1...max(1, days) where day <= days {
            // Purchases made on this day, first ones and those of everybody who came before.
            let new = arrivals.perDay[day - 1]
            var again = 0.0
            for arrival in 1..<max(1, day) {
                let start = season(arrival)
                again +=
                    arrivals.perDay[arrival - 1]
                    * (curve[season(day) - start] - curve[season(day - 1) - start])
            }
            let spend = new * firstSpend + again * laterSpend
            let last = sums[day - 1]
            sums.append(
                Sums(
                    customers: last.customers + new,
                    purchases: last.purchases + new + again,
                    spend: last.spend + spend,
                    presentSpend: last.presentSpend + spend * exp(-discount * Double(day))
                )
            )
        }
        self.sums = sums
        let again = model.counts(.new, within: season(days) - season(0))
        let (mean, square) = again.atLeast.indices.dropFirst().reduce((1.0, 1.0)) { sums, n in
            // (1 + n)^2 grows by 2 n + 1 where n or more come.
            (sums.0 + again.atLeast[n], sums.1 + Double(2 * n + 1) * again.atLeast[n])
        }
        dispersion = square / (mean * mean)
    }

    /// What they do within `days`.
    package func within(days: Int) -> Sums { sums[min(max(0, days), sums.count - 1)] }

    /// What they do from one day to another, both counted from the as-of date, the first left out.
    package func between(_ first: Int, _ last: Int) -> Sums {
        within(days: last) - within(days: first)
    }

    /// The number who come, with its range.
    package func customers(_ sums: Sums) -> Ranged { range(sums.customers, sums, 1) }

    /// Their purchases or spend, with its range.
    package func outcome(_ expected: Double, _ sums: Sums) -> Ranged {
        range(expected, sums, dispersion)
    }

    /// Log-normal about the expectation, for chance and for the level.
    ///
    /// The number who come is Poisson, what each does differs by `dispersion`, and the level of the
    /// whole is off by as much as forecasts from earlier dates were.
    private func range(_ expected: Double, _ sums: Sums, _ dispersion: Double) -> Ranged {
        guard expected > 0 else { return Ranged(expected, low: expected, high: expected) }
        let chance = log1p(dispersion / max(sums.customers, 1e-9))
        let deviation = (chance + arrivals.levelError * arrivals.levelError).squareRoot()
        let reach = Ranged.reach * deviation
        return Ranged(expected, low: expected * exp(-reach), high: expected * exp(reach))
    }
}
