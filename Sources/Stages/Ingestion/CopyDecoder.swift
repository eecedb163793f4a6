import Domain

/// Decodes the binary form of `COPY TO` with the fields of a `CopyShape`.
struct CopyDecoder: BlockDecoder {
    private static let signature = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]

    private let shape: CopyShape
    private let times: TimeParser
    private let spooling: Spooling?
    private var builder: PurchaseRowsBuilder
    private let covariates: Int
    private var hasHeader = false
    private var isFinished = false

    init(_ shape: CopyShape, _ times: TimeParser, originalsKept: Int, spooling: Spooling?) {
        self.shape = shape
        self.times = times
        self.spooling = spooling
        covariates = shape.covariateNames.count
        builder = PurchaseRowsBuilder(
            hasAmounts: shape.hasAmounts,
            hasOrders: shape.hasOrders,
            groups: shape.covariateNames,
            originalsKept: originalsKept
        )
    }

    mutating func decode(_ block: [UInt8]) throws(IngestionError) {
        let bytes = block.span
        var cursor = CopyCursor(at: 0)
        if !hasHeader { try readHeader(bytes, &cursor) }
        let original = shape.cellsAsText
        while cursor.at < bytes.count, !isFinished {
            let start = cursor.at
            let fields = try cursor.int16(bytes)
            if fields == -1 {
                isFinished = true
                break
            }
            guard Int(fields) == shape.fieldCount else { throw .unexpectedCopyData }
            var row = try readRow(bytes, &cursor)
            row.record = start..<cursor.at
            if row.order != 0 { row.duplicateKey = hashOrZero(bytes.extracting(row.record)) }
            builder.append(row, in: bytes, original: original)
        }
        builder.flush(bytes, original: original)
        if let spooling { try builder.spillIfMany(spooling) }
    }

    mutating func finish() throws(IngestionError) -> SourceRows {
        guard isFinished else { throw .unexpectedCopyData }
        return try builder.finishSpooling()
    }

    private mutating func readHeader(
        _ bytes: Span<UInt8>,
        _ cursor: inout CopyCursor
    ) throws(IngestionError) {
        guard bytes.count >= 19,
            Self.signature.indices.allSatisfy({ bytes[$0] == Self.signature[$0] })
        else { throw .unexpectedCopyData }
        // Flags, then an extension of the given length.
        cursor.at = 15
        let extra = try cursor.int32(bytes)
        guard extra >= 0, Int(extra) <= bytes.count - cursor.at else { throw .unexpectedCopyData }
        cursor.at += Int(extra)
        hasHeader = true
    }

    private func readRow(
        _ bytes: Span<UInt8>,
        _ cursor: inout CopyCursor
    ) throws(IngestionError) -> DecodedRow {
        var row = DecodedRow()
        row.customer = try cursor.field(bytes) ?? 0..<0
        let time = try cursor.field(bytes)
        switch shape.timeForm {
        case .text: row.day = times.day(bytes.extracting(time ?? 0..<0))
        case .date:
            row.day =
                try time.map { field throws(IngestionError) in try day(bytes, field) }
                ?? PurchaseRows.noTime
        }
        if shape.hasAmounts, let field = try cursor.field(bytes) {
            switch shape.amountForm {
            case .text: row.amount = amount(bytes.extracting(field))
            case .float: row.amount = try float(bytes, field)
            case .numeric: row.amount = try numeric(bytes, field)
            }
        }
        if shape.hasOrders {
            row.order = hashOrZero(bytes.extracting(try cursor.field(bytes) ?? 0..<0))
            if shape.hasDifference { _ = try cursor.field(bytes) }
        }
        for place in 0..<covariates { row.groups[place] = try cursor.field(bytes) ?? 0..<0 }
        return row
    }
}

extension CopyShape {
    /// The cells of a row put together again, as far as they can be shown.
    func cellsAsText(_ record: Span<UInt8>) -> String {
        var cursor = CopyCursor(at: 2)
        var cells: [String] = []
        func next() -> Range<Int>? { (try? cursor.field(record)) ?? nil }
        cells.append(next().map { readableText(record.extracting($0)) } ?? "")
        let time = next()
        cells.append(
            time.map { field in
                switch timeForm {
                case .text: readableText(record.extracting(field))
                case .date: dateText(record, field)
                }
            } ?? ""
        )
        if hasAmounts {
            let amount = next()
            cells.append(
                amount.map { field in
                    switch amountForm {
                    case .text: readableText(record.extracting(field))
                    case .float: (try? float(record, field)).map { "\($0)" } ?? ""
                    case .numeric: (try? numeric(record, field)).map { "\($0)" } ?? ""
                    }
                } ?? ""
            )
        }
        if hasOrders {
            cells.append(next().map { readableText(record.extracting($0)) } ?? "")
        }
        return cells.joined(separator: ",")
    }
}
