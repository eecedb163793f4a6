import Domain
import Glibc
import Numerics

/// The world's purchases as CSV on standard output, in no order: what a shop's table is like.
enum PurchaseFile {
    /// The first day of `bench/generate_purchases.py`'s world, whose law this one follows.
    private static let firstDay = Day(year: 2023, month: 1, day: 1) ?? Day(number: 0)

    static func print(customers: Int, seed: UInt64) {
        let ledger = World.ledger(customers: customers, seed: seed)
        var order = (0..<ledger.customerCount).flatMap { customer in
            (ledger.offsets[customer]..<ledger.offsets[customer + 1]).map {
                (customer: UInt32(customer), row: $0)
            }
        }
        var random = RandomSource(seed: seed &+ 1)
        order.shuffle(using: &random)
        let names = (0..<World.days).map { (firstDay + $0).description }
        var block = Array("user_id,transaction_value,days\n".utf8)
        for (customer, row) in order {
            let cents = Int(((ledger.amount?[Int(row)] ?? 0) * 100).rounded())
            let amount = "\(cents / 100).\(padded(cents % 100, 2))"
            block += "user_\(customer),\(amount),\(names[Int(ledger.day[Int(row)])])\n".utf8
            if block.count > 1 << 20 { flush(&block) }
        }
        flush(&block)
    }

    private static func flush(_ block: inout [UInt8]) {
        var sent = 0
        while sent < block.count {
            let count = unsafe block.withUnsafeBytes {
                unsafe write(1, $0.baseAddress?.advanced(by: sent), $0.count - sent)
            }
            guard count > 0 else { exit(1) }
            sent += count
        }
        block.removeAll(keepingCapacity: true)
    }
}
