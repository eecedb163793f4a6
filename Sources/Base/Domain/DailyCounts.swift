/// What happened on each day from the first purchase to the as-of date, summed over customers.
package struct DailyCounts: Sendable {
    package let firstDay: Day
    /// By day: customers who bought for the first time.
    package var newCustomers: [Int]
    /// By day: customers who bought again.
    package var repeatPurchases: [Int]
    /// The total of all first days; nil without amounts.
    package var firstSpend: Double?

    package init(
        firstDay: Day,
        newCustomers: [Int],
        repeatPurchases: [Int],
        firstSpend: Double?
    ) {
        precondition(newCustomers.count == repeatPurchases.count)
        self.firstDay = firstDay
        self.newCustomers = newCustomers
        self.repeatPurchases = repeatPurchases
        self.firstSpend = firstSpend
    }

    package var days: Int { newCustomers.count }

    /// The mean total of a first day; nil without amounts.
    package var meanFirstSpend: Double? {
        firstSpend.map { $0 / Double(max(1, newCustomers.reduce(0, +))) }
    }
}
