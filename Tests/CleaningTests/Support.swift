import Cleaning
import Domain

/// A row as a test writes it: `customer day amount order`.
struct TestRow: CustomStringConvertible {
    var customer: String?
    var day: Int32
    var amount: Double?
    var order: String?

    init(_ customer: String?, _ day: Int32, _ amount: Double? = nil, order: String? = nil) {
        self.customer = customer
        self.day = day
        self.amount = amount
        self.order = order
    }

    var description: String { "\(customer ?? "-") \(day) \(amount ?? .nan) \(order ?? "-")" }
}

/// Rows in columns, with amounts and orders when asked for.
func columns(_ rows: [TestRow], amounts: Bool = true, orders: Bool = false) -> PurchaseRows {
    var result = PurchaseRows()
    var numbers: [String: UInt32] = [:]
    for row in rows {
        if let customer = row.customer {
            let number = numbers[customer] ?? result.customers.append(customer)
            numbers[customer] = number
            result.customer.append(number)
        } else {
            result.customer.append(PurchaseRows.noCustomer)
        }
        result.day.append(row.day)
    }
    if amounts { result.amount = rows.map { $0.amount ?? PurchaseRows.missingAmount } }
    if orders {
        result.order = rows.map { $0.order.map(key) ?? 0 }
        result.duplicateKey = rows.map { $0.order == nil ? 0 : key("\($0)") }
    }
    return result
}

private func key(_ text: String) -> UInt64 {
    text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
}

extension Ledger {
    /// `customer: day=amount day=amount` for each customer.
    var shown: [String] {
        (0..<customerCount).map { customer in
            let range = Int(offsets[customer])..<Int(offsets[customer + 1])
            let cells = range.map { index in
                amount.map { "\(day[index])=\($0[index])" } ?? "\(day[index])"
            }
            return "\(customers.string(customer)): " + cells.joined(separator: " ")
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
