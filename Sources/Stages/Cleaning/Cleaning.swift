package import Domain
package import Parallel

/// What the caller decides about cleaning.
package struct CleaningRules: Sendable {
    /// The last day whose purchases are known; nil: the newest purchase day of the source.
    package var asOf: Day?
    /// The day it is in the tenant's zone, behind which a time is in the future; nil: any time goes.
    package var today: Day?
    /// How many rejected rows are kept; the counts are exact all the same.
    package var rejectedRowsKept: Int

    package init(asOf: Day? = nil, today: Day? = nil, rejectedRowsKept: Int = 10_000) {
        self.asOf = asOf
        self.today = today
        self.rejectedRowsKept = rejectedRowsKept
    }
}

/// The purchase days of a source, and what became of its rows.
package struct CleanedPurchases: Sendable {
    package let ledger: Ledger
    package let account: RowAccount
}

/// Turns rows into purchase days, and accounts for every row that takes no part.
///
/// A purchase day is a civil day with at least one amount of zero or more, or any row where there
/// are no amounts; its rows are summed. A negative row reduces the day of its order, else the
/// customer's latest purchase day that is not later; with neither it is rejected. A day's net
/// total may fall below zero, so that the sum over all days stays exact. Time and memory are
/// linear in the rows, besides the sorting of the distinct customers; the result is the same for any
/// team.
package func clean(
    _ rows: consuming PurchaseRows,
    by rules: CleaningRules,
    _ team: ThreadTeam = ThreadTeam()
) throws(CleaningError) -> CleanedPurchases {
    var cleaning = CleaningInParts(by: rules, team)
    cleaning.add(rows)
    return try cleaning.finish()
}

/// The same of rows of which others may hold the purchases.
func cleanPart(
    _ rows: consuming PurchaseRows,
    by rules: CleaningRules,
    _ team: ThreadTeam
) -> CleanedPurchases {
    var problems = cellProblems(rows, today: rules.today?.number ?? .max)
    if let keys = rows.duplicateKey { markDuplicates(keys, in: &problems) }
    let asOf = rules.asOf?.number ?? newestPurchaseDay(rows, problems) ?? .max
    let groups = CustomerGroups(rows, problems, lastDay: asOf)
    let ledger = makeLedger(rows, groups, asOf: Day(number: asOf), problems: &problems, team)
    let account = makeAccount(
        rows,
        problems,
        lastDay: asOf,
        rowsKept: rules.rejectedRowsKept
    )
    return CleanedPurchases(ledger: ledger, account: account)
}

/// 1950-01-01: no shop's records reach further back.
///
/// Days such as 0001-01-01, 1899-12-30 and 1900-01-01 stand for "unknown", and one of them would
/// stretch a customer's history over centuries.
private let earliestDay: Int32 = -7305

/// No published column holds this much, and sums of what is below stay finite.
private let amountLimit = 1e14

/// What is wrong with each row by its own cells.
private func cellProblems(_ rows: borrowing PurchaseRows, today: Int32) -> [Reasons] {
    let customer = rows.customer
    let day = rows.day
    var problems = [Reasons](repeating: [], count: day.count)
    for row in day.indices {
        var found: Reasons = []
        switch day[row] {
        case PurchaseRows.malformedRow:
            problems[row] = Reasons(.malformed)
            continue
        case PurchaseRows.noTime: found.formUnion(Reasons(.noTime))
        case PurchaseRows.invalidTime: found.formUnion(Reasons(.invalidTime))
        case ..<earliestDay: found.formUnion(Reasons(.invalidTime))
        default: if day[row] > today { found.formUnion(Reasons(.timeInFuture)) }
        }
        switch customer[row] {
        case PurchaseRows.noCustomer: found.formUnion(Reasons(.noCustomer))
        case PurchaseRows.invalidCustomer: found.formUnion(Reasons(.invalidCustomer))
        default: break
        }
        problems[row] = found
    }
    guard let amount = rows.amount else { return problems }
    for row in amount.indices where !(amount[row].magnitude < amountLimit) {
        if problems[row] == Reasons(.malformed) { continue }
        switch amount[row].bitPattern {
        case PurchaseRows.missingAmount.bitPattern: problems[row].formUnion(Reasons(.amountMissing))
        case PurchaseRows.unreadableAmount.bitPattern:
            problems[row].formUnion(Reasons(.amountUnreadable))
        case _ where amount[row].isFinite: problems[row].formUnion(Reasons(.amountTooLarge))
        default: problems[row].formUnion(Reasons(.amountNotFinite))
        }
    }
    return problems
}

/// Marks every row that equals an earlier one, found with a table of the keys seen.
private func markDuplicates(_ keys: [UInt64], in problems: inout [Reasons]) {
    var bits = 4
    while 1 << bits < keys.count * 2 { bits += 1 }
    var seen = [UInt64](repeating: 0, count: 1 << bits)
    let mask = seen.count - 1
    for row in keys.indices where keys[row] != 0 {
        let key = keys[row]
        var slot = Int(truncatingIfNeeded: key) & mask
        while seen[slot] != 0 && seen[slot] != key { slot = (slot + 1) & mask }
        if seen[slot] == key {
            problems[row].formUnion(Reasons(.exactDuplicate))
        } else {
            seen[slot] = key
        }
    }
}

/// The newest day with a sound row that makes a purchase day.
private func newestPurchaseDay(_ rows: borrowing PurchaseRows, _ problems: [Reasons]) -> Int32? {
    let day = rows.day
    let amount = rows.amount
    var newest: Int32?
    for row in day.indices where problems[row].isEmpty && day[row] > newest ?? .min {
        if let amount, amount[row] < 0 { continue }
        newest = day[row]
    }
    return newest
}
