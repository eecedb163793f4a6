package import Domain

extension Features {
    /// Counts first and further purchase days by day; the order of customers does not matter.
    package static func countDays(_ ledger: Ledger) -> DailyCounts {
        let first = min(ledger.day.min() ?? ledger.asOf.number, ledger.asOf.number)
        let days = Int(ledger.asOf.number - first) + 1
        var newCustomers = [Int](repeating: 0, count: days)
        var repeatPurchases = newCustomers
        var spend = 0.0
        for customer in 0..<ledger.customerCount {
            let purchases = Int(ledger.offsets[customer])..<Int(ledger.offsets[customer + 1])
            for index in purchases {
                let day = Int(ledger.day[index] - first)
                if index == purchases.lowerBound {
                    newCustomers[day] += 1
                    spend += ledger.amount?[index] ?? 0
                } else {
                    repeatPurchases[day] += 1
                }
            }
        }
        return DailyCounts(
            firstDay: Day(number: first),
            newCustomers: newCustomers,
            repeatPurchases: repeatPurchases,
            firstSpend: ledger.amount == nil ? nil : spend
        )
    }
}
