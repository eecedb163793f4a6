import Domain
import Parallel

/// Folds each customer's rows into purchase days, in the order of the ids.
///
/// Returns that find nothing to reduce are marked in `problems`.
func makeLedger(
    _ rows: borrowing PurchaseRows,
    _ groups: CustomerGroups,
    asOf: Day,
    problems: inout [Reasons],
    _ team: ThreadTeam
) -> Ledger {
    let columns = FoldColumns(
        customers: rows.customers,
        day: rows.day,
        amount: rows.amount,
        order: rows.order,
        groups: groups
    )
    var ids: [UInt8] = []
    ids.reserveCapacity(columns.customers.bytes.count)
    var idOffsets: [UInt32] = [0]
    idOffsets.reserveCapacity(groups.offsets.count)
    var offsets: [UInt32] = [0]
    offsets.reserveCapacity(groups.offsets.count)
    var days: [Int32] = []
    days.reserveCapacity(groups.rows.count)
    var totals: [Double] = []
    var returned = 0.0
    if columns.amount != nil { totals.reserveCapacity(groups.rows.count) }
    let chunks = ThreadTeam.chunks(of: groups.customers.count, by: 8192)
    team.inOrder(chunks.count) {
        LedgerPart(columns, chunks[$0])
    } consume: { part in
        for length in part.idLengths { idOffsets.append(idOffsets[idOffsets.count - 1] + length) }
        for count in part.dayCounts { offsets.append(offsets[offsets.count - 1] + count) }
        ids += part.ids
        days += part.days
        totals += part.totals
        returned += part.returned
        for row in part.unmatched { problems[Int(row)].formUnion(Reasons(.returnWithoutPurchase)) }
    }
    func ledger(_ firstGroups: [GroupColumn]) -> Ledger {
        Ledger(
            customers: StringPool(bytes: ids, offsets: idOffsets),
            offsets: offsets,
            day: days,
            amount: columns.amount == nil ? nil : totals,
            asOf: asOf,
            firstGroups: firstGroups,
            returned: returned
        )
    }
    return rows.groups.isEmpty ? ledger([]) : ledger(firstGroups(rows, groups, ledger([])))
}

/// What folding reads.
struct FoldColumns: Sendable {
    let customers: StringPool
    let day: [Int32]
    let amount: [Double]?
    let order: [UInt64]?
    let groups: CustomerGroups
}

/// The purchase days of some customers in a row.
struct LedgerPart: Sendable {
    private(set) var ids: [UInt8] = []
    private(set) var idLengths: [UInt32] = []
    private(set) var dayCounts: [UInt32] = []
    private(set) var days: [Int32] = []
    private(set) var totals: [Double] = []
    /// Rows of returns with nothing to reduce.
    private(set) var unmatched: [UInt32] = []
    /// What the other returns took off.
    private(set) var returned: Double

    /// Folds the customers at these places of the order; those without a purchase are left out.
    init(_ columns: FoldColumns, _ places: Range<Int>) {
        let offsets = columns.groups.offsets
        let first = Int(offsets[places.lowerBound])
        let rows = Array(columns.groups.rows[first..<Int(offsets[places.upperBound])])
        // Gathered in loops of their own, so that the memory for many rows is waited for at once.
        var fold = CustomerFold(
            day: rows.map { columns.day[Int($0)] },
            amount: columns.amount.map { amount in rows.map { amount[Int($0)] } },
            order: columns.order.map { order in rows.map { order[Int($0)] } }
        )
        let starts = places.map { columns.customers.offsets[Int(columns.groups.customers[$0])] }
        for (index, place) in places.enumerated() {
            let known = fold.days.count
            fold.add(Int(offsets[place]) - first..<Int(offsets[place + 1]) - first)
            if fold.days.count == known { continue }
            dayCounts.append(UInt32(fold.days.count - known))
            let customer = Int(columns.groups.customers[place])
            let length = columns.customers.offsets[customer + 1] - starts[index]
            idLengths.append(length)
            for at in starts[index]..<starts[index] + length {
                ids.append(columns.customers.bytes[Int(at)])
            }
        }
        days = fold.days
        totals = fold.totals
        returned = fold.returned
        unmatched = fold.unmatched.map { rows[$0] }
    }
}
