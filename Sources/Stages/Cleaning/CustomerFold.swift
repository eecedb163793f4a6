/// Folds the rows of one customer after another into purchase days with net totals.
struct CustomerFold {
    private(set) var days: [Int32] = []
    private(set) var totals: [Double] = []
    /// Returns with nothing to reduce, by place among the rows.
    private(set) var unmatched: [Int] = []
    /// What the others took off, of all customers.
    private(set) var returned = 0.0

    private let day: [Int32]
    private let amount: [Double]
    private let order: [UInt64]
    private let hasAmounts: Bool
    /// The customer's purchases: `day << 32 | place`, so that numbers sort by day, then place.
    private var purchases: [UInt64] = []
    private var returns: [Int] = []

    init(day: [Int32], amount: [Double]?, order: [UInt64]?) {
        self.day = day
        self.amount = amount ?? []
        self.order = order ?? []
        hasAmounts = amount != nil
        days.reserveCapacity(day.count)
        totals.reserveCapacity(self.amount.count)
    }

    /// Adds the customer whose rows lie at these places, in the order of the source.
    mutating func add(_ places: Range<Int>) {
        purchases.removeAll(keepingCapacity: true)
        returns.removeAll(keepingCapacity: true)
        for place in places {
            if hasAmounts && amount[place] < 0 {
                returns.append(place)
            } else {
                purchases.append(UInt64(sortable(day[place])) << 32 | UInt64(place))
            }
        }
        sortPurchases()
        let first = days.count
        appendDays()
        if !returns.isEmpty { takeOffReturns(daysFrom: first) }
    }

    private mutating func sortPurchases() {
        if purchases.count > 32 {
            purchases.sort()
            return
        }
        for position in purchases.indices.dropFirst() {
            let value = purchases[position]
            var hole = position
            while hole > 0, purchases[hole - 1] > value {
                purchases[hole] = purchases[hole - 1]
                hole -= 1
            }
            purchases[hole] = value
        }
    }

    private mutating func appendDays() {
        let first = days.count
        for purchase in purchases {
            let place = Int(UInt32(truncatingIfNeeded: purchase))
            if days.count == first || days[days.count - 1] != day[place] {
                days.append(day[place])
                // Zero added, because a ledger knows no negative zero.
                if hasAmounts { totals.append(amount[place] + 0) }
            } else if hasAmounts {
                totals[totals.count - 1] += amount[place]
            }
        }
    }

    private mutating func takeOffReturns(daysFrom first: Int) {
        let orders = order.isEmpty ? nil : OrderDays(purchases, order: order, day: day)
        for place in returns {
            let returned = day[place]
            let ordered = orders?.day(of: order[place], notAfter: returned)
            if let position = lastDay(notAfter: ordered ?? returned, from: first) {
                totals[position] += amount[place]
                self.returned -= amount[place]
            } else {
                unmatched.append(place)
            }
        }
    }

    /// Where the customer's latest purchase day that is not after `limit` stands.
    private func lastDay(notAfter limit: Int32, from first: Int) -> Int? {
        var low = first
        var high = days.count
        while low < high {
            let middle = (low + high) / 2
            if days[middle] <= limit { low = middle + 1 } else { high = middle }
        }
        return low > first ? low - 1 : nil
    }
}

/// On which days a customer's orders were made.
private struct OrderDays {
    private var entries: [(order: UInt64, day: Int32)] = []

    init(_ purchases: [UInt64], order: [UInt64], day: [Int32]) {
        for purchase in purchases {
            let place = Int(UInt32(truncatingIfNeeded: purchase))
            if order[place] != 0 { entries.append((order[place], day[place])) }
        }
        entries.sort { ($0.order, $0.day) < ($1.order, $1.day) }
    }

    /// The order's latest day that is not after `limit`, else its first; nil for an unknown order.
    func day(of order: UInt64, notAfter limit: Int32) -> Int32? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if (entries[middle].order, entries[middle].day) <= (order, limit) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        if low > 0, entries[low - 1].order == order { return entries[low - 1].day }
        return low < entries.count && entries[low].order == order ? entries[low].day : nil
    }
}

/// A day as a number without sign that sorts the same.
private func sortable(_ day: Int32) -> UInt32 { UInt32(bitPattern: day) ^ 1 << 31 }
