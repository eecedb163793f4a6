import Domain
import Testing

@testable import Cleaning

@Suite struct PropertyTests {
    @Test("cleaning gives what a slow and obvious reading of the rules gives")
    func againstReference() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        for round in 0..<150 {
            let rows = randomRows(&random)
            let asOf = Bool.random(using: &random) ? Day(number: 15) : nil
            let rules = CleaningRules(asOf: asOf, today: Day(number: 18))
            let expected = Reference(rows, rules)
            let comment = "seed \(seed), round \(round)"
            guard !expected.days.isEmpty else {
                #expect(throws: CleaningError.self) {
                    try clean(columns(rows, orders: true), by: rules)
                }
                continue
            }
            let result = try clean(columns(rows, orders: true), by: rules)
            #expect(result.ledger.shown == expected.shown, "\(comment)")
            #expect(result.account.afterAsOf == expected.afterAsOf, "\(comment)")
            let rejected = expected.reasons.enumerated().filter { !$0.element.isEmpty }
            #expect(result.account.kept.map(\.rowNumber) == rejected.map { $0.offset + 1 })
            #expect(result.account.kept.map { Set($0.reasons) } == rejected.map(\.element))
            let account = result.account
            #expect(account.accepted + account.rejected + account.afterAsOf == rows.count)
        }
    }

    private func randomRows(_ random: inout SeededNumbers) -> [TestRow] {
        var rows: [TestRow] = []
        for _ in 0..<Int.random(in: 0...120, using: &random) {
            if !rows.isEmpty, Int.random(in: 0..<10, using: &random) == 0 {
                rows.append(rows[Int.random(in: rows.indices, using: &random)])
                continue
            }
            let odd = Int.random(in: 0..<40, using: &random)
            let amounts: [Double?] = [nil, .nan, .infinity, PurchaseRows.unreadableAmount]
            rows.append(
                TestRow(
                    odd == 0 ? nil : ["a", "b", "cc", "c"].randomElement(using: &random),
                    odd == 1
                        ? PurchaseRows.invalidTime
                        : odd == 2 ? PurchaseRows.noTime : Int32.random(in: 0..<20, using: &random),
                    odd > 2 && odd < 7
                        ? amounts[odd - 3] : Double(Int.random(in: -20...60, using: &random)),
                    order: [nil, "x", "y", "z", "u", "v"].randomElement(using: &random) ?? nil
                )
            )
        }
        return rows
    }

    @Test("ids are sorted by their bytes, however much of them is shared")
    func identifierOrder() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        for size in [0, 1, 2, 31, 33, 500, 6000] {
            var ids: Set<String> = []
            while ids.count < size {
                let prefix = ["", "customer_", "customer_of_europe_", "c"]
                let number = UInt64.random(in: 0..<100_000, using: &random)
                let suffix = ["", "\(number)", "\(number)_long_enough_for_more", "ü", "\u{0}"]
                ids.insert(
                    (prefix.randomElement(using: &random) ?? "") + "\(number)"
                        + (suffix.randomElement(using: &random) ?? "")
                )
            }
            let list = ids.shuffled(using: &random)
            var pool = StringPool()
            for id in list { _ = pool.append(id) }
            let order = sortedByBytes(pool).map { list[Int($0)] }
            let expected = list.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
            #expect(order == expected, "seed \(seed)")
        }
    }
}

/// The rules of cleaning, row by row, without regard to time.
private struct Reference {
    var reasons: [Set<RejectReason>]
    var afterAsOf = 0
    /// Net totals by customer and day.
    var days: [String: [Int32: Double]] = [:]

    init(_ rows: [TestRow], _ rules: CleaningRules) {
        reasons = rows.map { Reference.cellReasons($0, today: rules.today?.number ?? .max) }
        for (index, row) in rows.enumerated() where row.order != nil {
            if rows[..<index].contains(where: { "\($0)" == "\(row)" }) {
                reasons[index].insert(.exactDuplicate)
            }
        }
        let sound = rows.indices.filter { reasons[$0].isEmpty }
        let purchases = sound.filter { (rows[$0].amount ?? 0) >= 0 }
        let asOf = rules.asOf?.number ?? purchases.map { rows[$0].day }.max() ?? .min
        afterAsOf = sound.count { rows[$0].day > asOf }
        for index in purchases where rows[index].day <= asOf {
            days[rows[index].customer ?? "", default: [:]][rows[index].day, default: 0] +=
                rows[index].amount ?? 0
        }
        for index in sound where (rows[index].amount ?? 0) < 0 && rows[index].day <= asOf {
            let row = rows[index]
            let own = purchases.filter { rows[$0].day <= asOf && rows[$0].customer == row.customer }
            let ordered = own.filter { row.order != nil && rows[$0].order == row.order }
            let target =
                ordered.map { rows[$0].day }.filter { $0 <= row.day }.max()
                ?? ordered.map { rows[$0].day }.min()
                ?? own.map { rows[$0].day }.filter { $0 <= row.day }.max()
            if let target {
                days[row.customer ?? ""]?[target]? += row.amount ?? 0
            } else {
                reasons[index].insert(.returnWithoutPurchase)
            }
        }
    }

    static func cellReasons(_ row: TestRow, today: Int32) -> Set<RejectReason> {
        var reasons: Set<RejectReason> = []
        if row.customer == nil { reasons.insert(.noCustomer) }
        if row.day == PurchaseRows.noTime { reasons.insert(.noTime) }
        if row.day == PurchaseRows.invalidTime { reasons.insert(.invalidTime) }
        if row.day > today { reasons.insert(.timeInFuture) }
        if row.amount == nil { reasons.insert(.amountMissing) }
        if let amount = row.amount, !amount.isFinite {
            let isUnreadable = amount.bitPattern == PurchaseRows.unreadableAmount.bitPattern
            reasons.insert(isUnreadable ? .amountUnreadable : .amountNotFinite)
        }
        return reasons
    }

    var shown: [String] {
        days.keys.sorted().map { customer in
            let cells = (days[customer] ?? [:]).sorted { $0.key < $1.key }
            return "\(customer): " + cells.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        }
    }
}
