import Domain

/// Folds each customer's rows into purchase days, in the order of the ids.
///
/// Returns that find nothing to reduce are marked in `problems`.
func makeLedger(
    _ rows: borrowing PurchaseRows,
    _ groups: CustomerGroups,
    asOf: Day,
    problems: inout [Reasons]
) -> Ledger {
    var fold = CustomerFold(day: rows.day, amount: rows.amount, order: rows.order)
    fold.reserve(groups.rows.count)
    let ids = rows.customers.bytes
    let idOffsets = rows.customers.offsets
    var keptIDs: [UInt8] = []
    keptIDs.reserveCapacity(ids.count)
    var keptOffsets: [UInt32] = [0]
    keptOffsets.reserveCapacity(idOffsets.count)
    var offsets: [UInt32] = [0]
    offsets.reserveCapacity(idOffsets.count)
    var start = 0
    for customer in groups.customers {
        let end = Int(groups.end[Int(customer)])
        fold.add(groups.rows.span.extracting(start..<end), problems: &problems)
        start = end
        if fold.days.count == Int(offsets[offsets.count - 1]) { continue }
        offsets.append(UInt32(fold.days.count))
        for at in Int(idOffsets[Int(customer)])..<Int(idOffsets[Int(customer) + 1]) {
            keptIDs.append(ids[at])
        }
        keptOffsets.append(UInt32(keptIDs.count))
    }
    return Ledger(
        customers: StringPool(bytes: keptIDs, offsets: keptOffsets),
        offsets: offsets,
        day: fold.days,
        amount: rows.amount == nil ? nil : fold.totals,
        asOf: asOf
    )
}

/// Appends one customer after another to the ledger's columns.
private struct CustomerFold {
    private(set) var days: [Int32] = []
    private(set) var totals: [Double] = []

    private let day: [Int32]
    private let amount: [Double]?
    private let order: [UInt64]?
    /// The customer's purchase rows: `day << 32 | row`, so that numbers sort by day, then row.
    private var purchases: [UInt64] = []
    private var returns: [UInt32] = []

    init(day: [Int32], amount: [Double]?, order: [UInt64]?) {
        self.day = day
        self.amount = amount
        self.order = order
    }

    mutating func reserve(_ count: Int) {
        days.reserveCapacity(count)
        if amount != nil { totals.reserveCapacity(count) }
    }

    mutating func add(_ rows: Span<UInt32>, problems: inout [Reasons]) {
        purchases.removeAll(keepingCapacity: true)
        returns.removeAll(keepingCapacity: true)
        for index in rows.indices {
            let row = rows[index]
            if let amount, amount[Int(row)] < 0 {
                returns.append(row)
            } else {
                purchases.append(UInt64(sortable(day[Int(row)])) << 32 | UInt64(row))
            }
        }
        sortPurchases()
        let first = days.count
        appendDays()
        if !returns.isEmpty { takeOffReturns(daysFrom: first, problems: &problems) }
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
        var last: UInt32?
        for purchase in purchases {
            let row = Int(UInt32(truncatingIfNeeded: purchase))
            if last != UInt32(purchase >> 32) {
                last = UInt32(purchase >> 32)
                days.append(day[row])
                if amount != nil { totals.append(0) }
            }
            if let amount { totals[totals.count - 1] += amount[row] }
        }
    }

    private mutating func takeOffReturns(daysFrom first: Int, problems: inout [Reasons]) {
        guard let amount else { return }
        let orders = order.map { order in OrderDays(purchases, order: order, day: day) }
        for row in returns {
            let returned = day[Int(row)]
            let ordered = orders?.day(of: order?[Int(row)] ?? 0, notAfter: returned)
            let position = lastDay(notAfter: ordered ?? returned, from: first)
            if let position {
                totals[position] += amount[Int(row)]
            } else {
                problems[Int(row)].formUnion(Reasons(.returnWithoutPurchase))
            }
        }
    }

    /// Where the latest purchase day of the customer that is not after `limit` stands.
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
            let row = Int(UInt32(truncatingIfNeeded: purchase))
            if order[row] != 0 { entries.append((order[row], day[row])) }
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
