/// The rows of a source as they came, in columns: what Ingestion hands to Cleaning.
///
/// Every row that was read is here, the spoilt ones too; a cell that could not be read holds a
/// sentinel, and Cleaning alone decides what is wrong with the row. Row `i` was the source's
/// row `i + 1` (a header and blank lines not counted), unless `numbers` says another.
package struct PurchaseRows: Sendable {
    /// `customer` where the cell was empty or null.
    @inlinable @inline(__always) package static var noCustomer: UInt32 { .max }
    /// `customer` where the cell could not name anybody: too long for a key, or no proper text.
    @inlinable @inline(__always) package static var invalidCustomer: UInt32 { .max - 1 }
    /// `day` where the cell was empty or null.
    @inlinable @inline(__always) package static var noTime: Int32 { .min }
    /// `day` where the cell could not be read as a time.
    @inlinable @inline(__always) package static var invalidTime: Int32 { .min + 1 }
    /// `day` where the row had no cells that could be told apart; nothing else of it counts.
    @inlinable @inline(__always) package static var malformedRow: Int32 { .min + 2 }
    /// `amount` where the cell was empty or null: a NaN of its own, to be compared by bits.
    package static let missingAmount = Double(nan: 1, signaling: false)
    /// `amount` where the cell held text that is no number.
    ///
    /// A cell that says "NaN" holds another NaN.
    package static let unreadableAmount = Double(nan: 2, signaling: false)

    package var customers = StringPool()
    /// Index into `customers`.
    package var customer: [UInt32] = []
    /// The civil day in the tenant's zone, as `Day.number`, or a sentinel.
    package var day: [Int32] = []
    /// Nil without an amount column; sentinels where nothing could be read.
    package var amount: [Double]?
    /// Nil without an order column: a hash of the order id, 0 where it is missing.
    package var order: [UInt64]?
    /// Nil without an order column: a hash of the whole row with every column that the source has,
    /// equal for exact duplicates; 0 where the order id is missing.
    package var duplicateKey: [UInt64]?
    /// One for each column that the settings name as a covariate.
    package var groups: [GroupColumn] = []
    /// The original text of rows that could not be read in full, by row; capped in number.
    package var originals: [Int: String] = [:]

    /// The numbers of the rows in the source, from 1, where others were left out.
    package var numbers: [Int]?

    package init() {}

    package var count: Int { customer.count }
}

/// Why a row was rejected; a row can have several reasons.
package enum RejectReason: String, Codable, CaseIterable, Sendable {
    case noCustomer = "no_customer"
    case invalidCustomer = "invalid_customer"
    case noTime = "no_time"
    case invalidTime = "invalid_time"
    case timeInFuture = "time_in_future"
    case amountMissing = "amount_missing"
    case amountNotFinite = "amount_not_finite"
    case amountUnreadable = "amount_unreadable"
    case amountTooLarge = "amount_too_large"
    case returnWithoutPurchase = "return_without_purchase"
    case exactDuplicate = "exact_duplicate"
    case malformed = "malformed_row"
}

/// A row that takes no part in the forecast, with everything that is wrong with it.
package struct RejectedRow: Codable, Hashable, Sendable {
    /// The source's row number, from 1.
    package var rowNumber: Int
    package var reasons: [RejectReason]
    /// The row as it came, or its cells put together again.
    package var raw: String

    package init(rowNumber: Int, reasons: [RejectReason], raw: String) {
        self.rowNumber = rowNumber
        self.reasons = reasons
        self.raw = raw
    }
}

/// What became of the rows that were read: the counts are exact, the kept rows are capped.
package struct RowAccount: Sendable {
    package var read = 0
    package var accepted = 0
    package var rejected = 0
    /// Rows dated after the as-of date: neither accepted nor rejected.
    package var afterAsOf = 0
    package var reasons: [RejectReason: Int] = [:]
    package var kept: [RejectedRow] = []

    package init() {}
}
