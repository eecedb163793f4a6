import Domain

/// Collects rows in columns; customers become numbers as they come.
struct PurchaseRowsBuilder {
    private var identifiers = IdentifierTable()
    private var customer: [UInt32] = []
    private var day: [Int32] = []
    private var amount: [Double] = []
    private var order: [UInt64] = []
    private var duplicateKey: [UInt64] = []
    private var originals: [Int: String] = [:]
    private let hasAmounts: Bool
    private let hasOrders: Bool
    private let originalsKept: Int
    private(set) var malformed = 0

    init(hasAmounts: Bool, hasOrders: Bool, originalsKept: Int) {
        self.hasAmounts = hasAmounts
        self.hasOrders = hasOrders
        self.originalsKept = originalsKept
    }

    var count: Int { customer.count }
    /// Whether the text of one more spoilt row would be kept.
    var wantsOriginals: Bool { originals.count < originalsKept }

    /// Adds a row; `isReadable` says whether every cell of it could be read.
    ///
    /// A customer id that no text column could hold spoils the whole row.
    @inline(__always)
    mutating func append(
        customer identifier: Span<UInt8>,
        day dayNumber: Int32,
        amount value: Double,
        order orderHash: UInt64,
        duplicateKey key: UInt64
    ) -> Bool {
        var number = PurchaseRows.noCustomer
        if !identifier.isEmpty {
            guard let known = identifiers.number(of: identifier) else {
                appendMalformed()
                return false
            }
            number = known
        }
        customer.append(number)
        day.append(dayNumber)
        if hasAmounts { amount.append(value) }
        if hasOrders {
            order.append(orderHash)
            duplicateKey.append(key)
        }
        // Every sentinel of a day is below every day that can be written.
        return number != PurchaseRows.noCustomer && dayNumber > PurchaseRows.malformedRow
            && (value.isFinite || !hasAmounts)
    }

    /// Adds a row whose cells could not be told apart.
    mutating func appendMalformed() {
        malformed += 1
        customer.append(PurchaseRows.noCustomer)
        day.append(PurchaseRows.malformedRow)
        if hasAmounts { amount.append(PurchaseRows.missingAmount) }
        if hasOrders {
            order.append(0)
            duplicateKey.append(0)
        }
    }

    /// Keeps the text of the row that was added last, up to the cap.
    mutating func keepOriginal(_ text: @autoclosure () -> String) {
        if wantsOriginals { originals[count - 1] = text() }
    }

    consuming func finish() -> PurchaseRows {
        var rows = PurchaseRows()
        rows.customers = identifiers.pool()
        rows.customer = customer
        rows.day = day
        if hasAmounts { rows.amount = amount }
        if hasOrders {
            rows.order = order
            rows.duplicateKey = duplicateKey
        }
        rows.originals = originals
        return rows
    }
}

/// A hash that is never 0, which stands for a missing cell; 0 for an empty one.
func hashOrZero(_ bytes: Span<UInt8>) -> UInt64 { bytes.isEmpty ? 0 : max(1, hash(bytes)) }
