/// Clean purchase days in columns, sorted by customer and day.
///
/// Immutable.
///
/// Customers are sorted by the bytes of their ids. The purchase days of customer `c` are
/// `offsets[c]..<offsets[c + 1]`, each day once, oldest first.
package struct Ledger: Sendable {
    package let customers: StringPool
    package let offsets: [UInt32]
    package let day: [Int32]
    /// The day's net total, returns taken off; nil when the source has no amounts.
    package let amount: [Double]?
    /// The last day whose purchases are known.
    package let asOf: Day

    package init(
        customers: StringPool,
        offsets: [UInt32],
        day: [Int32],
        amount: [Double]?,
        asOf: Day
    ) {
        precondition(offsets.count == customers.count + 1 && Int(offsets.last ?? 0) == day.count)
        precondition(amount == nil || amount?.count == day.count)
        self.customers = customers
        self.offsets = offsets
        self.day = day
        self.amount = amount
        self.asOf = asOf
    }

    package var customerCount: Int { customers.count }
    package var purchaseDays: Int { day.count }
}

/// One line per customer, in columns: the sufficient statistics of DESIGN section 12, in days.
package struct CustomerSummaries: Sendable {
    /// x: purchase days after the first.
    package var repeats: [Int32]
    /// t_x: last minus first purchase day.
    package var recency: [Int32]
    /// T: as-of date minus first purchase day.
    package var age: [Int32]
    /// Mean day total after the first day; NaN for one-timers and without amounts.
    package var meanSpend: [Double]
    /// Net total of all purchase days; empty without amounts.
    package var historicSpend: [Double]
    /// The sum over all repeat purchases of ln(days since the purchase day before).
    package var totalLogGap: Double
    /// The last day whose purchases are known; nil: only lengths of time are.
    package var asOf: Day?
    /// Nil unless a model needs them.
    package var firstPurchases: FirstPurchases?

    package init(
        repeats: [Int32],
        recency: [Int32],
        age: [Int32],
        meanSpend: [Double],
        historicSpend: [Double],
        totalLogGap: Double = 0,
        asOf: Day? = nil,
        firstPurchases: FirstPurchases? = nil
    ) {
        self.repeats = repeats
        self.recency = recency
        self.age = age
        self.meanSpend = meanSpend
        self.historicSpend = historicSpend
        self.totalLogGap = totalLogGap
        self.asOf = asOf
        self.firstPurchases = firstPurchases
    }

    package var count: Int { repeats.count }
    package var hasAmounts: Bool { !historicSpend.isEmpty }
}

/// How each customer began, in columns.
package struct FirstPurchases: Sendable {
    /// Days from the first to the second purchase day; 0 for one-timers.
    package var gap: [Int32]
    /// The first day's total; empty without amounts.
    package var spend: [Double]

    package init(gap: [Int32], spend: [Double]) { (self.gap, self.spend) = (gap, spend) }
}
