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
    /// Of a newcomer's purchases, and of their spend, by the last day: the mean square over the square
    /// of the mean.
    private let dispersion: (purchases: Double, spend: Double)

    /// `firstSpend` and `laterSpend` are the mean amounts; zero without a model of spend, whose
    /// distribution about them is that of `spendModel`.
    package init(
        _ arrivals: ArrivalForecast,
        _ model: any PurchaseModel,
        _ spendModel: (any SpendModel)? = nil,
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
        dispersion = (
            NewcomerForecast.dispersion(again) { (Double($0), Double($0 * $0)) },
            NewcomerForecast.dispersion(again) { purchases in
                let total = spendModel?.newcomerTotal(purchases: Double(purchases))
                return total.map { ($0.mean, $0.meanSquare) } ?? (0, 0)
            }
        )
    }

    /// Of what a first purchase and `again` bring, by the mean and mean square of some purchases.
    private static func dispersion(
        _ again: CountDistribution,
        _ moments: (_ purchases: Int) -> (mean: Double, square: Double)
    ) -> Double {
        var (mean, square) = (0.0, 0.0)
        for count in 0..<again.atLeast.count {
            let (probability, of) = (again.probability(of: count), moments(1 + count))
            mean += probability * of.mean
            square += probability * of.square
        }
        return mean > 0 ? square / (mean * mean) : 1
    }

    /// What they do within `days`.
    package func within(days: Int) -> Sums { sums[min(max(0, days), sums.count - 1)] }

    /// What they do from one day to another, both counted from the as-of date, the first left out.
    package func between(_ first: Int, _ last: Int) -> Sums {
        within(days: last) - within(days: first)
    }

    /// The number who come, with its range.
    package func customers(_ sums: Sums) -> Ranged { range(sums.customers, sums, 1) }

    /// Their purchases, with the range.
    package func purchases(_ sums: Sums) -> Ranged {
        range(sums.purchases, sums, dispersion.purchases)
    }

    /// Their spend or what it is worth, with the range.
    package func money(_ expected: Double, _ sums: Sums) -> Ranged {
        range(expected, sums, dispersion.spend)
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
