import Domain

/// The rows that count, brought together by customer.
struct CustomerGroups: Sendable {
    /// Customer numbers in the order of the bytes of their ids.
    let customers: [UInt32]
    /// The rows of the customer at place `i` are `rows[offsets[i]..<offsets[i + 1]]`.
    let offsets: [UInt32]
    /// Row numbers, those of one customer in the order of the source.
    let rows: [UInt32]

    init(_ source: borrowing PurchaseRows, _ problems: [Reasons], lastDay: Int32) {
        let customer = source.customer
        let day = source.day
        customers = sortedByBytes(source.customers)
        var next = [UInt32](repeating: 0, count: source.customers.count)
        for row in day.indices where problems[row].isEmpty && day[row] <= lastDay {
            next[Int(customer[row])] += 1
        }
        var offsets: [UInt32] = [0]
        offsets.reserveCapacity(customers.count + 1)
        var total: UInt32 = 0
        for customer in customers {
            let count = next[Int(customer)]
            next[Int(customer)] = total
            total += count
            offsets.append(total)
        }
        var grouped = [UInt32](repeating: 0, count: Int(total))
        for row in day.indices where problems[row].isEmpty && day[row] <= lastDay {
            let slot = next[Int(customer[row])]
            grouped[Int(slot)] = UInt32(row)
            next[Int(customer[row])] = slot + 1
        }
        self.offsets = offsets
        rows = grouped
    }
}
