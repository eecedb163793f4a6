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
            if end > start { append(bytes.extracting(start..<end), in: bytes) }
            return .next(next)
        case .broken:
            builder.appendMalformed()
            guard let line = endOfLine(bytes, from: start) else {
                builder.keepOriginal(readableText(bytes.extracting(start..<bytes.count)))
                return isLast ? .next(bytes.count) : .endlessLine
            }
            builder.keepOriginal(readableText(bytes.extracting(start..<line.end)))
            return .next(line.next)
        }
    }

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

    private mutating func append(_ record: Span<UInt8>, in bytes: Span<UInt8>) {
        guard scanner.fieldCount == header.names.count else {
            builder.appendMalformed()
            builder.keepOriginal(readableText(record))
            return
        }
        let time = scanner.fields[header.time]
        let day = times.day(bytes.extracting(time.start..<time.end))
        var value = PurchaseRows.missingAmount
        if let column = header.amount {
            let field = scanner.fields[column]
            value = amount(bytes.extracting(field.start..<field.end))
        }
        var order: UInt64 = 0
        if let column = header.order {
            let field = scanner.fields[column]
            order = hashOrZero(bytes.extracting(field.start..<field.end))
        }
        let key = order == 0 ? 0 : hashOrZero(record)
        let customer = scanner.fields[header.customer]
        let identifier = bytes.extracting(customer.start..<customer.end)
        let unescaped = customer.isEscaped ? withSingleQuotes(identifier) : []
        let isReadable = builder.append(
            customer: customer.isEscaped ? unescaped.span : identifier,
            day: day,
            amount: value,
            order: order,
            duplicateKey: key
        )
        if !isReadable { builder.keepOriginal(readableText(record)) }
    }
}
