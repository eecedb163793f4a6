import Domain

/// The groups of each customer's first purchase day, in the order of the ledger.
///
/// The first row of that day which is in a group counts.
func firstGroups(
    _ rows: borrowing PurchaseRows,
    _ groups: CustomerGroups,
    _ ledger: Ledger
) -> [GroupColumn] {
    guard !rows.groups.isEmpty else { return [] }
    let (columns, day, ids) = (rows.groups, rows.day, rows.customers)
    var found = columns.map { GroupColumn(name: $0.name, groups: $0.groups, codes: []) }
    var customer = 0
    for place in groups.customers.indices where customer < ledger.customerCount {
        // Customers without a purchase are not in the ledger.
        let id = ids.bytes[ids.range(Int(groups.customers[place]))]
        guard id.elementsEqual(ledger.customers.bytes[ledger.customers.range(customer)]) else {
            continue
        }
        let first = ledger.day[Int(ledger.offsets[customer])]
        let own = groups.rows[Int(groups.offsets[place])..<Int(groups.offsets[place + 1])]
        for column in columns.indices {
            let codes = columns[column].codes
            let row = own.first { day[Int($0)] == first && codes[Int($0)] != 0 }
            found[column].codes.append(row.map { codes[Int($0)] } ?? 0)
        }
        customer += 1
    }
    return found
}
