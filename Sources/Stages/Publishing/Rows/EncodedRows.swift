import Domain

/// Rows of consecutive customers, ready to be sent but for the times when they changed.
package struct EncodedRows: Sendable {
    let customers: Range<Int>
    /// Ascending; each customer has a row for each.
    let horizonsDays: [Int]
    var rows: BinaryRows
    /// Where each row's time of change stands; its hash follows.
    private(set) var ends: [Int] = []

    init(customers: Range<Int>, horizonsDays: [Int]) {
        self.customers = customers
        self.horizonsDays = horizonsDays
        let count = customers.count * horizonsDays.count
        ends.reserveCapacity(count)
        // What a row takes with ids of a usual length, so that the buffer seldom has to grow.
        rows = BinaryRows(capacity: count * 512)
    }

    /// Ends a row with its two last fields.
    mutating func putEnd(hash: Int64, changedAt: Int64) {
        ends.append(rows.count + 4)
        rows.putField(changedAt)
        rows.putField(hash)
    }

    /// Gives rows that are published already with the same hash the time of their last change, and
    /// counts the others.
    mutating func keepTimes(of earlier: EarlierRows, _ pool: StringPool) throws -> Int {
        var changed = ends.count
        for (row, end) in ends.enumerated() {
            let (customer, horizon) = row.quotientAndRemainder(dividingBy: horizonsDays.count)
            let since = try earlier.changedAt(
                pool.bytes,
                pool.range(customers.lowerBound + customer),
                horizon: Int32(horizonsDays[horizon]),
                hash: rows.integer(at: end + 12)
            )
            guard let since else { continue }
            rows.replace(at: end, with: since)
            changed -= 1
        }
        return changed
    }
}
