import Domain

/// Counts what became of every row, and keeps the first rejected ones.
func makeAccount(
    _ rows: borrowing PurchaseRows,
    _ problems: [Reasons],
    lastDay: Int32,
    rowsKept: Int
) -> RowAccount {
    var account = RowAccount()
    account.read = problems.count
    for row in problems.indices {
        if problems[row].isEmpty {
            if rows.day[row] > lastDay { account.afterAsOf += 1 } else { account.accepted += 1 }
            continue
        }
        account.rejected += 1
        let reasons = problems[row].list
        for reason in reasons { account.reasons[reason, default: 0] += 1 }
        if account.kept.count < rowsKept {
            let raw = rows.originals[row] ?? cells(rows, row)
            account.kept.append(
                RejectedRow(rowNumber: rows.numbers?[row] ?? row + 1, reasons: reasons, raw: raw)
            )
        }
    }
    return account
}

/// A row's cells put together again: customer, day, amount.
private func cells(_ rows: borrowing PurchaseRows, _ row: Int) -> String {
    let customer = rows.customer[row]
    let isKnown = customer < PurchaseRows.invalidCustomer
    var cells = [isKnown ? rows.customers.string(Int(customer)) : ""]
    let day = rows.day[row]
    cells.append(day > PurchaseRows.malformedRow ? Day(number: day).description : "")
    if let amount = rows.amount?[row] {
        let isSentinel =
            amount.bitPattern == PurchaseRows.missingAmount.bitPattern
            || amount.bitPattern == PurchaseRows.unreadableAmount.bitPattern
        cells.append(isSentinel ? "" : "\(amount)")
    }
    return cells.joined(separator: ",")
}
