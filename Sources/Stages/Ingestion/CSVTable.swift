import Domain

/// The rows behind a CSV header, on their way into columns.
struct CSVTable {
    /// A file of which more rows than this are malformed, and most of them, is no CSV.
    static let malformedAllowed = 1_000_000

    enum Progress {
        case next(Int)
        /// More bytes are needed to tell where the record ends.
        case incomplete
        /// The record was given up, and the end of its line is not among the bytes.
        case endlessLine
    }

    private let header: CSVHeader
    private let times: TimeParser
    private var scanner: CSVScanner
    private var builder: PurchaseRowsBuilder

    init(header: CSVHeader, times: TimeParser, originalsKept: Int) {
        self.header = header
        self.times = times
        scanner = CSVScanner(delimiter: header.delimiter, columns: header.names.count)
        builder = PurchaseRowsBuilder(
            hasAmounts: header.amount != nil,
            hasOrders: header.order != nil,
            groups: header.covariates.map { header.names[$0] },
            originalsKept: originalsKept
        )
    }

    consuming func finish() -> PurchaseRows { builder.finish() }

    /// Reads the record that begins at `start`; a blank line is none.
    ///
    /// Where quotes fit nothing, the physical line is the malformed row and reading goes on
    /// behind it, so that one lone quote does not swallow the rest of the file.
    mutating func readRecord(_ bytes: Span<UInt8>, from start: Int, isLast: Bool) -> Progress {
        switch scanner.scan(bytes, from: start, isLast: isLast) {
        case .incomplete: return .incomplete
        case .record(let end, let next):
            if end > start { append(start..<end, in: bytes) }
            return .next(next)
        case .broken:
            let line = endOfLine(bytes, from: start)
            let record = start..<(line ?? bytes.count)
            add(DecodedRow(record: record), in: bytes)
            guard let line else { return isLast ? .next(bytes.count) : .endlessLine }
            return .next(line)
        }
    }

    /// Takes in what is left of the block; to be called before its bytes go.
    mutating func endBlock(_ bytes: Span<UInt8>) { builder.flush(bytes, original: original) }

    func checkPlausible(_ path: String) throws(IngestionError) {
        let malformed = builder.malformed
        guard malformed > Self.malformedAllowed, malformed * 2 > builder.count else { return }
        throw .mostlyMalformed(
            path,
            malformed: malformed,
            rows: builder.count,
            columns: header.names.count
        )
    }

    private mutating func append(_ record: Range<Int>, in bytes: Span<UInt8>) {
        var row = DecodedRow(record: record)
        if scanner.fieldCount == header.names.count {
            let customer = scanner.fields[header.customer]
            row.customer = customer.start..<customer.end
            row.isEscaped = customer.isEscaped
            row.day = times.day(bytes.extracting(range(of: header.time)))
            if let column = header.amount {
                row.amount = amount(bytes.extracting(range(of: column)))
            }
            if let column = header.order {
                row.order = hashOrZero(bytes.extracting(range(of: column)))
                row.duplicateKey = row.order == 0 ? 0 : hashOrZero(bytes.extracting(record))
            }
            for (place, column) in header.covariates.enumerated() {
                row.groups[place] = range(of: column)
                if scanner.fields[column].isEscaped { row.escapedGroups |= 1 << place }
            }
        }
        add(row, in: bytes)
    }

    private func range(of column: Int) -> Range<Int> {
        scanner.fields[column].start..<scanner.fields[column].end
    }

    private mutating func add(_ row: DecodedRow, in bytes: Span<UInt8>) {
        builder.append(row, in: bytes, original: original)
    }
}

private func original(_ record: Span<UInt8>) -> String { readableText(record) }
