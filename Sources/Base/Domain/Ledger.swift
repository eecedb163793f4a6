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
    /// What returns took off the amounts of earlier days.
    package let returned: Double
    /// The last day whose purchases are known.
    package let asOf: Day
    /// The groups of each customer's first purchase day, one for each mapped column.
    package let firstGroups: [GroupColumn]

    package init(
        customers: StringPool,
        offsets: [UInt32],
        day: [Int32],
        amount: [Double]?,
        asOf: Day,
        firstGroups: [GroupColumn] = [],
        returned: Double = 0
    ) {
        precondition(offsets.count == customers.count + 1 && Int(offsets.last ?? 0) == day.count)
        precondition(amount == nil || amount?.count == day.count)
        self.customers = customers
        self.offsets = offsets
        self.day = day
        self.amount = amount
        self.asOf = asOf
        self.firstGroups = firstGroups
        self.returned = returned
    }

    package var customerCount: Int { customers.count }
    package var purchaseDays: Int { day.count }

    /// Which part of all that was bought came back; 0 without amounts.
    package var returnedShare: Double {
        let gross = (amount ?? []).reduce(returned, +)
        return gross > 0 ? min(1, returned / gross) : 0
    }
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
    /// Nil while all days count alike; else `recency` and `age` are by its clock.
    package var calendar: CalendarTimes?

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

    /// Last minus first purchase day as the calendar counts.
    @inlinable package var calendarRecency: [Int32] { calendar?.recency ?? recency }
    /// As-of date minus first purchase day as the calendar counts.
    @inlinable package var calendarAge: [Int32] { calendar?.age ?? age }

    package var hasAmounts: Bool { !historicSpend.isEmpty }
}

/// What the calendar says of customers whose times are by a seasonal clock, in columns.
package struct CalendarTimes: Sendable {
    package var recency: [Int32]
    package var age: [Int32]
    package var clock: SeasonalClock
    /// The sum over repeat purchases of the logarithm of how fast the clock ran: what turns a
    /// likelihood by the clock into one of the data.
    package var totalLogRate: Double

    package init(recency: [Int32], age: [Int32], clock: SeasonalClock, totalLogRate: Double) {
        self.recency = recency
        self.age = age
        self.clock = clock
        self.totalLogRate = totalLogRate
    }
}

/// How each customer began, in columns.
package struct FirstPurchases: Sendable {
    /// Days from the first to the second purchase day; 0 for one-timers.
    package var gap: [Int32]
    /// The first day's total; empty without amounts.
    package var spend: [Double]
    /// The groups of the first day, one for each column that the source maps.
    package var groups: [GroupColumn]

    package init(gap: [Int32], spend: [Double], groups: [GroupColumn] = []) {
        (self.gap, self.spend, self.groups) = (gap, spend, groups)
    }
}
