package import Domain
package import Parallel

/// Cleans a source that comes in parts, because all of its rows would not fit into memory.
///
/// Each customer's rows are in one part, and the parts come in the order of the customers' ids. The
/// outcome is the same as of all rows at once.
package struct CleaningInParts {
    private let rules: CleaningRules
    private let team: ThreadTeam
    private var ledgers: [Ledger] = []
    private var account = RowAccount()

    /// With several parts the rules must name the as-of date: no part knows the newest day of all.
    package init(by rules: CleaningRules, _ team: ThreadTeam = ThreadTeam()) {
        self.rules = rules
        self.team = team
    }

    package mutating func add(_ rows: consuming PurchaseRows) {
        precondition(rules.asOf != nil || ledgers.isEmpty)
        let part = cleanPart(rows, by: rules, team)
        ledgers.append(part.ledger)
        account.add(part.account, keeping: rules.rejectedRowsKept)
    }

    package consuming func finish() throws(CleaningError) -> CleanedPurchases {
        let ledger = ledgers.count == 1 ? ledgers[0] : Ledger(joining: ledgers)
        guard ledger.purchaseDays > 0 else { throw .noPurchases(account, asOf: rules.asOf) }
        return CleanedPurchases(ledger: ledger, account: account)
    }
}

extension Ledger {
    /// Ledgers of other customers each, one behind the other.
    fileprivate init(joining parts: consuming [Ledger]) {
        func sum(_ size: (Ledger) -> Int) -> Int { parts.reduce(0) { $0 + size($1) } }
        let (customers, days) = (sum(\.customerCount), sum(\.purchaseDays))
        let asOf = parts[0].asOf
        var pool = StringPool()
        pool.reserve(strings: customers, bytes: sum(\.customers.bytes.count))
        var offsets: [UInt32] = [0]
        offsets.reserveCapacity(customers + 1)
        var day: [Int32] = []
        day.reserveCapacity(days)
        var amount: [Double]? = parts[0].amount.map { _ in [] }
        amount?.reserveCapacity(days)
        var groups = parts[0].firstGroups.map {
            GroupColumn(name: $0.name, groups: $0.groups, codes: [])
        }
        let returned = parts.reduce(0) { $0 + $1.returned }
        parts.reverse()
        // Each part goes when it was taken over.
        while let part = parts.popLast() {
            for customer in 0..<part.customerCount {
                _ = pool.append(
                    part.customers.bytes.span.extracting(part.customers.range(customer))
                )
                offsets.append(UInt32(day.count) + part.offsets[customer + 1])
            }
            day += part.day
            if let more = part.amount { amount?.append(contentsOf: more) }
            for column in groups.indices { groups[column].codes += part.firstGroups[column].codes }
        }
        self.init(
            customers: pool,
            offsets: offsets,
            day: day,
            amount: amount,
            asOf: asOf,
            firstGroups: groups,
            returned: returned
        )
    }
}

extension RowAccount {
    /// Adds a part's rows; the first rejected ones are kept.
    fileprivate mutating func add(_ part: RowAccount, keeping limit: Int) {
        read += part.read
        accepted += part.accepted
        rejected += part.rejected
        afterAsOf += part.afterAsOf
        reasons.merge(part.reasons) { $0 + $1 }
        guard !kept.isEmpty else {
            kept = part.kept
            return
        }
        kept = Array((kept + part.kept).sorted { $0.rowNumber < $1.rowNumber }.prefix(limit))
    }
}
