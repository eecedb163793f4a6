package import Domain
import Numerics

/// Compares one horizon of an earlier publication with what the ledger says has happened since.
///
/// The rows come in the order of the customers' ids, as the ledger has them, and are forgotten at
/// once but for the figures that the ranking needs: 33 bytes a customer.
package struct RealisedScore {
    private let ledger: Ledger
    private let after: Int32
    private let last: Int32
    private var draws: RandomSource
    /// The ledger's customer that comes next.
    private var next = 0
    private var newcomers = Outcome()
    private var customersWhoCame = 0
    private var repeaters = Tally()
    private var oneTimers = Tally()

    /// What one or more customers did within the horizon.
    private struct Outcome {
        var purchases = 0
        var spend = 0.0
    }

    /// `asOf` is the publication's; `seed` makes the randomised ranges the same in every run.
    package init(asOf: Day, horizonDays: Int, ledger: Ledger, seed: UInt64) {
        self.ledger = ledger
        after = asOf.number
        last = asOf.number + Int32(horizonDays)
        draws = RandomSource(seed: seed)
    }

    /// Adds what was published of the customer with this id; ids come in ascending order.
    package mutating func add(_ id: Span<UInt8>, _ forecast: PublishedForecast) {
        // A draw for each row, so that the next one's does not depend on what this one did.
        let draw = draws.uniform()
        while next < ledger.customerCount, comparison(ofNextWith: id) < 0 { passOver() }
        var found: Outcome?
        if next < ledger.customerCount, comparison(ofNextWith: id) == 0 {
            found = outcome(of: next)
            next += 1
        }
        if forecast.isRepeater {
            repeaters.add(forecast, found, draw)
        } else {
            oneTimers.add(forecast, found, draw)
        }
    }

    /// The scores of every group; `totals` are the published ones of the horizon.
    package consuming func scores(against totals: [ForecastTotal]) -> [RealisedForecast] {
        while next < ledger.customerCount { passOver() }
        let hasSpend = ledger.amount != nil
        let new = newcomers
        var groups = [(TotalGroup.repeater, repeaters), (.oneTimer, oneTimers)]
            .filter { !$0.1.isEmpty }
            .map { $0.1.score(as: $0.0, totals.first(of: $0.0), hasSpend) }
        let published = totals.first(of: .newcomer)
        if let published {
            var newcomers = RealisedForecast(
                group: .newcomer,
                customers: customersWhoCame,
                purchases: .init(predicted: published.purchases, actual: Double(new.purchases))
            )
            if hasSpend, let spend = published.spend {
                newcomers.spend = .init(predicted: spend, actual: new.spend)
            }
            groups.append(newcomers)
        }
        var all = (repeaters + oneTimers).score(as: .all, totals.first(of: .all), hasSpend)
        // A total counts the customers who were to come only where their number was forecast.
        if published != nil {
            all.purchases.actual += Double(new.purchases)
            all.spend?.actual += new.spend
        }
        return groups + [all]
    }

    /// A customer whom the publication did not know.
    private mutating func passOver() {
        let found = outcome(of: next)
        newcomers.purchases += found.purchases
        newcomers.spend += found.spend
        customersWhoCame += found.purchases > 0 ? 1 : 0
        next += 1
    }

    /// Of the days behind the as-of date and within the horizon; the newest stand last.
    private func outcome(of customer: Int) -> Outcome {
        var outcome = Outcome()
        var place = Int(ledger.offsets[customer + 1])
        while place > Int(ledger.offsets[customer]), ledger.day[place - 1] > after {
            place -= 1
            guard ledger.day[place] <= last else { continue }
            outcome.purchases += 1
            outcome.spend += ledger.amount?[place] ?? 0
        }
        return outcome
    }

    /// The next customer's id against another: below, equal to or above zero.
    private func comparison(ofNextWith id: Span<UInt8>) -> Int {
        let own = ledger.customers.range(next)
        let bytes = ledger.customers.bytes
        for index in 0..<min(own.count, id.count) {
            let (mine, other) = (bytes[own.lowerBound + index], id[index])
            if mine != other { return mine < other ? -1 : 1 }
        }
        return own.count - id.count
    }
}

extension RealisedScore {
    /// The customers of one group.
    private struct Tally {
        private var missing = 0
        private var purchases = Comparison()
        private var spend = Comparison()

        var isEmpty: Bool { missing == 0 && purchases.isEmpty }

        mutating func add(_ forecast: PublishedForecast, _ found: Outcome?, _ draw: Double) {
            guard let found else {
                missing += 1
                return
            }
            purchases.add(
                Double(found.purchases),
                forecast.purchases?.expected,
                isCentral(purchases: found.purchases, of: forecast, draw: draw)
            )
            spend.add(
                found.spend,
                forecast.spend?.expected,
                isCentral(
                    spend: found.spend,
                    purchases: found.purchases,
                    of: forecast,
                    draw: draw
                )
            )
        }

        static func + (one: Tally, other: Tally) -> Tally {
            var sum = one
            sum.missing += other.missing
            sum.purchases += other.purchases
            sum.spend += other.spend
            return sum
        }

        func score(
            as group: TotalGroup,
            _ published: ForecastTotal?,
            _ hasSpend: Bool
        ) -> RealisedForecast {
            RealisedForecast(
                group: group,
                customers: purchases.customers,
                missingCustomers: missing,
                purchases: purchases.quantity(published?.purchases),
                spend: hasSpend && spend.hasForecasts ? spend.quantity(published?.spend) : nil
            )
        }
    }

    /// One quantity of many customers, what was expected against what came.
    private struct Comparison {
        private(set) var customers = 0
        private var expected: [Double] = []
        private var actual: [Double] = []
        private var total = 0.0
        private var ranges = 0
        private var central = 0

        var isEmpty: Bool { customers == 0 }
        var hasForecasts: Bool { !expected.isEmpty }

        mutating func add(_ outcome: Double, _ forecast: Double?, _ isCentral: Bool?) {
            customers += 1
            total += outcome
            if let isCentral {
                ranges += 1
                central += isCentral ? 1 : 0
            }
            guard let forecast else { return }
            expected.append(forecast)
            actual.append(outcome)
        }

        static func += (sum: inout Comparison, part: Comparison) {
            sum.customers += part.customers
            sum.expected += part.expected
            sum.actual += part.actual
            sum.total += part.total
            sum.ranges += part.ranges
            sum.central += part.central
        }

        func quantity(_ published: Ranged?) -> RealisedForecast.Quantity {
            var quantity = RealisedForecast.Quantity(
                predicted: published ?? Ranged(expected.reduce(0, +)),
                actual: total
            )
            if ranges > 0 { quantity.coverage = Double(central) / Double(ranges) }
            guard !expected.isEmpty else { return quantity }
            let errors = zip(expected, actual).map { abs($1 - $0) }
            quantity.meanAbsoluteError = errors.reduce(0, +) / Double(errors.count)
            quantity.gini = giniOfRanking(by: expected, actual)
            return quantity
        }
    }
}

extension [ForecastTotal] {
    fileprivate func first(of group: TotalGroup) -> ForecastTotal? { first { $0.group == group } }
}
