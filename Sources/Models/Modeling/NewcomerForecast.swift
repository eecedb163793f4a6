package import Domain
import Glibc

/// What customers who were not seen by the as-of date will do, summed over all of them.
///
/// Each arrives on a day, makes the first purchase then, and goes on as the purchase model says of a
/// brand-new customer, as far as those did who came before. Amounts are the mean of first days, and later
/// the mean of the spend model.
package struct NewcomerForecast: Sendable {
    /// What newcomers do within some days after the as-of date.
    package struct Sums: Hashable, Sendable {
        package var customers = 0.0
        package var purchases = 0.0
        fileprivate var laterPurchases: Double { purchases - customers }
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

    /// What newcomers do from one day to another, with the ranges.
    package struct Outlook: Hashable, Sendable {
        package var customers: Ranged
        package var purchases: Ranged
        package var spend: Ranged
        /// Discounted, before any margin.
        package var presentSpend: Ranged
    }

    package let arrivals: ArrivalForecast
    private let habits: NewcomerHabits
    /// How far the level of a month's amounts is off.
    private let spendLevel: Double
    private let model: any PurchaseModel
    private let spendModel: (any SpendModel)?
    /// By day from 0: the time of the purchase model, and the sums up to the day.
    private let time: [Double]
    private let sums: [Sums]

    /// `firstSpend` and `laterSpend` are the mean amounts; zero without a model of spend, whose
    /// distribution about them is that of `spendModel`.
    ///
    /// `spendLevel` is how far the level of a month's amounts is off for reasons that all customers share.
    package init(
        _ arrivals: ArrivalForecast,
        _ model: any PurchaseModel,
        _ spendModel: (any SpendModel)? = nil,
        habits: NewcomerHabits = .asModelled,
        firstSpend: Double,
        laterSpend: Double,
        spendLevel: Double = 0,
        annualDiscountRate: Double = 0,
        season: (_ day: Int) -> Double = { Double($0) }
    ) {
        (self.arrivals, self.model, self.spendModel) = (arrivals, model, spendModel)
        (self.habits, self.spendLevel) = (habits, spendLevel)
        let days = arrivals.perDay.count
        let time = (0...days).map { season($0) - season(0) }
        let curve = ExpectedByAge(model, upTo: time[days])
        let discount = log1p(annualDiscountRate) / 365
        var sums = [Sums()]
        sums.reserveCapacity(days + 1)
        for day in 1...max(1, days) where day <= days {
            // Purchases made on this day, first ones and those of everybody who came before.
            let new = arrivals.perDay[day - 1]
            var again = 0.0
            for arrival in 1..<max(1, day) {
                again +=
                    arrivals.perDay[arrival - 1]
                    * (curve[time[day] - time[arrival]] - curve[time[day - 1] - time[arrival]])
            }
            again *= habits.factor
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
        (self.time, self.sums) = (time, sums)
    }

    /// For people: how many come, how far that may be off, and how they differ from what is modelled.
    package func sentence(_ horizonsDays: [Int]) -> String {
        ([arrivals.sentence(horizonsDays)] + (habits.sentence.map { [$0] } ?? []))
            .joined(separator: "; ")
    }

    /// What they do within `days`.
    package func within(days: Int) -> Sums { sums[min(max(0, days), sums.count - 1)] }

    /// What they do from one day to another, both counted from the as-of date, the first left out.
    ///
    /// The ranges are log-normal about the expectation, for chance and for the level: the number who
    /// come varies as it did, what each does differs, and the level of the whole is off by as much as
    /// forecasts of as many days from earlier dates were, that of later purchases by as much as those who
    /// came together were off from each other, and that of amounts by as much as other customers' are.
    package func outlook(_ first: Int, _ last: Int) -> Outlook {
        let sums = within(days: last) - within(days: first)
        let levels = levels(of: sums, ofDays: last)
        let variety = variety(by: min(max(0, last), time.count - 1))
        func range(_ expected: Double, _ variety: Double, _ level: Double) -> Ranged {
            guard expected > 0 else { return Ranged(expected, low: expected, high: expected) }
            let relative = (arrivals.dispersion - 1 + variety) / max(sums.customers, 1e-9)
            let reach = Ranged.reach * (log1p(relative) + level).squareRoot()
            return Ranged(expected, low: expected * exp(-reach), high: expected * exp(reach))
        }
        return Outlook(
            customers: range(sums.customers, 1, levels.customers),
            purchases: range(sums.purchases, variety.purchases, levels.purchases),
            spend: range(sums.spend, variety.spend, levels.spend),
            presentSpend: range(sums.presentSpend, variety.spend, levels.spend)
        )
    }

    /// The variances of the logarithms of the levels of sums.
    private func levels(
        of sums: Sums,
        ofDays days: Int
    ) -> (customers: Double, purchases: Double, spend: Double) {
        let growth = LevelError.growth(toDays: days)
        let customers = arrivals.deviation(ofDays: days)
        // First purchases are those who came: only the later ones have a level of their own.
        let later = sums.laterPurchases / max(sums.purchases, 1e-9) * habits.deviation * growth
        let spend = spendLevel * growth
        let purchases = customers * customers + later * later
        return (customers * customers, purchases, purchases + spend * spend)
    }

    /// Of a newcomer's purchases, and of their spend, by a day: the mean square over the square of
    /// the mean.
    private func variety(by day: Int) -> (purchases: Double, spend: Double) {
        let again = model.counts(.new, within: time[day])
        return (
            variety(again) { (Double($0), Double($0 * $0)) },
            variety(again) { [spendModel] purchases in
                let total = spendModel?.newcomerTotal(purchases: Double(purchases))
                return total.map { ($0.mean, $0.meanSquare) } ?? (0, 0)
            }
        )
    }

    /// Of what a first purchase and `again` bring, by the mean and mean square of some purchases.
    private func variety(
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
}
