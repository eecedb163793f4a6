import Domain

/// A row as its decoder found it; ranges lie in the bytes that are being decoded.
struct DecodedRow {
    /// Empty where there is no customer.
    var customer = 0..<0
    /// Whether quotes stand doubled in the customer's id.
    var isEscaped = false
    /// A `Day.number` or a sentinel of `PurchaseRows`.
    var day = PurchaseRows.malformedRow
    var amount = PurchaseRows.missingAmount
    var order: UInt64 = 0
    var duplicateKey: UInt64 = 0
    /// Of the columns that put rows into groups; as many of them as there are columns count.
    var groups = InlineArray<4, Range<Int>>(repeating: 0..<0)
    /// A bit for each of them that has doubled quotes.
    var escapedGroups: UInt8 = 0
    /// The whole row.
    var record: Range<Int>

    @inline(__always) init(record: Range<Int> = 0..<0) { self.record = record }
}

/// Collects rows in columns; customers become numbers as they come.
///
/// Rows are taken in small batches, because the looking up of one customer then need not wait for
/// the memory of the one before.
struct PurchaseRowsBuilder {
    private var identifiers = IdentifierTable()
    private var customer: [UInt32] = []
    private var day: [Int32] = []
    private var amount: [Double] = []
    private var order: [UInt64] = []
    private var duplicateKey: [UInt64] = []
    private var originals: [Int: String] = [:]
    private var groups: [GroupTable]
    private let hasAmounts: Bool
    private let hasOrders: Bool
    private let originalsKept: Int
    private var spool: RowSpool?
    private var waiting: [DecodedRow] = []
    private var hashes: [UInt64] = []
    private(set) var malformed = 0

    init(hasAmounts: Bool, hasOrders: Bool, groups: [String], originalsKept: Int) {
        self.groups = groups.map { GroupTable(name: $0) }
        self.hasAmounts = hasAmounts
        self.hasOrders = hasOrders
        self.originalsKept = originalsKept
    }

    var count: Int { spooled + customer.count + waiting.count }

    private var spooled: Int { spool?.count ?? 0 }

    /// Adds a row of `bytes`; `original` gives the text of a row that could not be read in full.
    ///
    /// It must not hold the builder, or each batch would copy all columns.
    mutating func append(
        _ row: DecodedRow,
        in bytes: Span<UInt8>,
        original: (Span<UInt8>) -> String
    ) {
        waiting.append(row)
        if waiting.count == IdentifierTable.batch { flush(bytes, original: original) }
    }

    /// Takes in the rows that wait; to be called before their bytes go.
    mutating func flush(_ bytes: Span<UInt8>, original: (Span<UInt8>) -> String) {
        hashes.removeAll(keepingCapacity: true)
        for row in waiting { hashes.append(hash(bytes.extracting(row.customer))) }
        let known = identifiers.known(waiting.span, hashes.span, in: bytes)
        for index in waiting.indices {
            let row = waiting[index]
            let isWhole = take(row, bytes, hash: hashes[index], known: known[index])
            if isWhole || originals.count >= originalsKept { continue }
            originals[spooled + customer.count - 1] = original(bytes.extracting(row.record))
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Moves the rows so far to the disk when memory shall hold no more of them.
    mutating func spillIfMany(_ spooling: Spooling) throws(IngestionError) {
        let rowsHeld = spooling.rowsHeld(
            columnBytes: 8 + (hasAmounts ? 8 : 0) + (hasOrders ? 16 : 0) + groups.count
        )
        guard customer.count >= (spool == nil ? rowsHeld : min(rowsHeld, RowSpool.chunkRows)) else {
            return
        }
        if spool == nil { spool = try RowSpool(in: spooling.folder, rowsHeld: rowsHeld) }
        let rows = takeColumns()
        try spool?.take(rows)
    }

    private mutating func takeColumns() -> PurchaseRows {
        var rows = PurchaseRows()
        rows.customer = customer
        rows.day = day
        if hasAmounts { rows.amount = amount }
        if hasOrders {
            rows.order = order
            rows.duplicateKey = duplicateKey
        }
        rows.groups = groups.indices.map { groups[$0].takeColumn() }
        (customer, day, amount, order, duplicateKey) = ([], [], [], [], [])
        return rows
    }

    /// Adds a row to the columns; false when not every cell could be read.
    @inline(__always)
    private mutating func take(
        _ row: DecodedRow,
        _ bytes: Span<UInt8>,
        hash: UInt64,
        known: UInt32
    ) -> Bool {
        var number = PurchaseRows.noCustomer
        let day = row.day
        if known != IdentifierTable.unknown {
            number = known
        } else if !row.customer.isEmpty {
            let identifier = bytes.extracting(row.customer)
            let known =
                row.isEscaped
                ? identifiers.number(ofEscaped: identifier)
                : identifiers.number(of: identifier, hash: hash)
            number = known ?? PurchaseRows.invalidCustomer
        }
        let isMalformed = day == PurchaseRows.malformedRow
        if isMalformed { malformed += 1 }
        customer.append(number)
        self.day.append(day)
        if hasAmounts { amount.append(isMalformed ? PurchaseRows.missingAmount : row.amount) }
        if hasOrders {
            order.append(isMalformed ? 0 : row.order)
            duplicateKey.append(isMalformed ? 0 : row.duplicateKey)
        }
        for column in groups.indices {
            if isMalformed {
                groups[column].skip()
            } else {
                let cell = bytes.extracting(row.groups[column])
                if row.escapedGroups >> column & 1 == 1 {
                    groups[column].take(withSingleQuotes(cell).span)
                } else {
                    groups[column].take(cell)
                }
            }
        }
        // Every sentinel of a day is below every day that can be written.
        return number < PurchaseRows.invalidCustomer && day > PurchaseRows.malformedRow
            && (row.amount.isFinite || !hasAmounts)
    }

    /// All rows, of a builder that spilled none.
    consuming func finish() -> PurchaseRows {
        precondition(waiting.isEmpty && spool == nil)
        var rows = takeColumns()
        rows.customers = identifiers.pool()
        rows.originals = originals
        return rows
    }

    consuming func finishSpooling() throws(IngestionError) -> SourceRows {
        guard var spool else { return .held(finish()) }
        try spool.take(takeColumns())
        self.spool = nil
        // What is left are the customers, the groups' names and the spoilt rows' text.
        spool.close(with: finish())
        return .spooled(spool)
    }
}

/// A hash that is never 0, which stands for a missing cell; 0 for an empty one.
func hashOrZero(_ bytes: Span<UInt8>) -> UInt64 { bytes.isEmpty ? 0 : max(1, hash(bytes)) }
