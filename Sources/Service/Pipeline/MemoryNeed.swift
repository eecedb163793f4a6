import Domain

/// What a forecast keeps in memory however its rows were read: the purchase days, and what is known
/// of each customer.
///
/// A run that cannot fit its `memory_limit` would crash in the middle; this one is refused before.
enum MemoryNeed {
    private static let program = 32 << 20
    /// The ledger's 12 bytes, and a third of them again while its parts are joined.
    private static let purchaseDay = 16
    /// The summaries and the indices of the ids.
    private static let customer = 64

    /// At least; what models and rows on their way take comes on top.
    private static func bytes(_ ledger: Ledger) -> Int {
        program + ledger.purchaseDays * purchaseDay + ledger.customerCount * customer
            + ledger.customers.bytes.count
    }

    static func refuse(_ ledger: Ledger, limit: Int?) throws {
        let need = bytes(ledger)
        guard let limit, need > limit else { return }
        throw MemoryLimitTooSmall(ledger: ledger, limit: limit, need: need)
    }
}

private struct MemoryLimitTooSmall: Problem {
    let ledger: Ledger
    let limit: Int
    let need: Int

    var code: String { "memory_limit_too_small" }
    var message: String {
        "memory_limit is too small for \(ledger.customerCount) customers with "
            + "\(ledger.purchaseDays) purchase days"
    }
    var cause: String? {
        "they need \(mebibytes(need)) MiB at least, and memory_limit is \(mebibytes(limit)) MiB"
    }
    var fix: String? {
        "set memory_limit = \"\(mebibytes(2 * need))MiB\", or select fewer customers"
    }
    var failureClass: FailureClass { .configuration }

    private func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}
