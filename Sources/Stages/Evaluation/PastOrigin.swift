package import Domain

/// An earlier as-of date: what was known then, and what happened after.
package struct PastOrigin: Sendable {
    package let day: Day
    /// The customers of that day with their purchases up to it.
    package let known: Ledger
    /// By customer of `known`: which one of the ledger that was cut.
    package let customers: [Int]
    /// What they did later, by horizon in days.
    package let later: [Int: Outcome]

    /// By customer, in the order of `known`.
    package struct Outcome: Sendable {
        package var purchases: [Int32]
        /// Empty without amounts.
        package var spend: [Double]
    }

    /// Horizons that are looked at whatever is asked.
    ///
    /// So a month is the same with a year asked beside it and without.
    package static let ladder = [30, 91, 182, 365]
    /// How many days ago the dates are.
    ///
    /// Horizons of the ladder end at a later date or today, and dates are few, since each is a fit.
    private static let ago = [30, 60, 91, 121, 182, 273, 365, 547, 730, 1095, 1460]
    /// Of fewer repeat purchases no model learns enough to be judged.
    private static let repeatsWanted = 300

    /// The dates from which the horizons of the ladder, and those asked for, are looked at: no day is
    /// forecast twice over the same horizon, and there is at least as much history as it is long;
    /// latest first.
    package static func all(of ledger: Ledger, horizonsDays: [Int]) -> [PastOrigin] {
        guard let first = ledger.day.min() else { return [] }
        let history = Int(ledger.asOf.number - first)
        var horizons: [Int: [Int]] = [:]
        for days in Set(horizonsDays + ladder) {
            var next = days
            for ago in ago where ago >= next && history - ago >= days {
                horizons[ago, default: []].append(days)
                next = ago + days
            }
        }
        return horizons.keys.sorted().compactMap { ago in
            let origin = PastOrigin(ledger, ledger.asOf - ago, horizons[ago] ?? [])
            let known = origin.known
            return known.purchaseDays - known.customerCount >= repeatsWanted ? origin : nil
        }
    }

    /// One date alone, and the days since then up to `end`.
    package init(_ ledger: Ledger, _ day: Day, upTo end: Day) {
        self.init(ledger, day, [end - day])
    }

    private init(_ ledger: Ledger, _ day: Day, _ horizons: [Int]) {
        let customers = (0..<ledger.customerCount).filter {
            ledger.day[Int(ledger.offsets[$0])] <= day.number
        }
        self.day = day
        self.customers = customers
        known = ledger.only(customers, asOf: day) { $0 <= day.number }
        later = Dictionary(
            uniqueKeysWithValues: horizons.map { days in
                (days, Outcome(ledger, customers, after: day.number, days))
            }
        )
    }
}

extension PastOrigin.Outcome {
    fileprivate init(_ ledger: Ledger, _ customers: [Int], after day: Int32, _ days: Int) {
        (purchases, spend) = ([], [])
        for customer in customers {
            var (count, sum): (Int32, Double) = (0, 0)
            for index in Int(ledger.offsets[customer])..<Int(ledger.offsets[customer + 1])
            where ledger.day[index] > day && ledger.day[index] <= day + Int32(days) {
                count += 1
                sum += ledger.amount?[index] ?? 0
            }
            purchases.append(count)
            if ledger.amount != nil { spend.append(sum) }
        }
    }
}
