import Configuration
import Domain

/// Decodes the bytes of a CSV file into columns.
struct CSVDecoder: BlockDecoder {
    private let path: String
    private let columns: ColumnSettings
    private let times: TimeParser
    private let originalsKept: Int

    /// Nil until the first line was read.
    private var table: CSVTable?
    /// Bytes of a record that goes on in the next block.
    private var pending: [UInt8] = []
    /// How many pending bytes did not make a record.
    private var attempted = 0
    /// Inside a line that is too long to be kept.
    private var isSkippingLine = false

    init(path: String, columns: ColumnSettings, times: TimeParser, originalsKept: Int) {
        self.path = path
        self.columns = columns
        self.times = times
        self.originalsKept = originalsKept
    }

    mutating func decode(_ block: [UInt8]) throws(IngestionError) {
        if pending.isEmpty {
            pending = try rest(of: block, isLast: false)
        } else {
            pending.append(contentsOf: block)
            // Twice as many bytes before each new attempt keep long records linear.
            guard pending.count >= 2 * attempted else { return }
            let joined = pending
            pending = []
            pending = try rest(of: joined, isLast: false)
        }
        try table?.checkPlausible(path)
    }

    mutating func finish() throws(IngestionError) -> PurchaseRows {
        _ = try rest(of: pending, isLast: true)
        guard let table else {
            throw .notCSV(path, found: "it is empty", fix: "give a file with a header and rows")
        }
        try table.checkPlausible(path)
        return table.finish()
    }

    /// Decodes the whole records and gives the bytes behind them.
    private mutating func rest(of bytes: [UInt8], isLast: Bool) throws(IngestionError) -> [UInt8] {
        let span = bytes.span
        var at = 0
        if table == nil {
            guard let begin = try readHeader(span, isLast: isLast) else {
                attempted = bytes.count
                return bytes
            }
            at = begin
        }
        defer { table?.endBlock(span) }
        while at < span.count {
            if isSkippingLine {
                guard let line = endOfLine(span, from: at) else { return [] }
                isSkippingLine = false
                at = line
                continue
            }
            switch table?.readRecord(span, from: at, isLast: isLast) {
            case .next(let next): at = next
            case .endlessLine: isSkippingLine = true
            case .incomplete, nil:
                attempted = bytes.count - at
                return [UInt8](bytes[at...])
            }
        }
        return []
    }

    /// Makes the table from the first line; gives where the rows begin, or nil when more bytes
    /// are needed.
    private mutating func readHeader(
        _ bytes: Span<UInt8>,
        isLast: Bool
    ) throws(IngestionError) -> Int? {
        if bytes.isEmpty || !isLast && bytes.count < 512 { return nil }
        if let (found, fix) = foreignFormat(bytes) { throw .notCSV(path, found: found, fix: fix) }
        let begin = hasPrefix(bytes, [0xEF, 0xBB, 0xBF]) ? 3 : 0
        switch CSVHeader.find(bytes, from: begin, isLast: isLast) {
        case .incomplete: return nil
        case .none:
            throw .notCSV(
                path,
                found: "its first line is no header",
                fix: "the first line names the columns, with a comma between two names"
            )
        case .line(let delimiter, let names, let next):
            let header = try CSVHeader(names, delimiter: delimiter, columns: columns, path: path)
            table = CSVTable(header: header, times: times, originalsKept: originalsKept)
            return next
        }
    }
}

/// What a file is that begins like something else than CSV, and what to do about it.
private func foreignFormat(_ bytes: Span<UInt8>) -> (found: String, fix: String)? {
    let formats: [(start: [UInt8], name: String, fix: String)] = [
        ([0xFF, 0xFE], "it is UTF-16", "save it as UTF-8"),
        ([0xFE, 0xFF], "it is UTF-16", "save it as UTF-8"),
        (Array("PK\u{3}\u{4}".utf8), "it is a ZIP archive or a spreadsheet", "save it as CSV"),
        (Array("PAR1".utf8), "it is a Parquet file", "save it as CSV"),
        (Array("BZh".utf8), "it is compressed with bzip2", "unpack it, or compress it with gzip"),
        ([0xFD, 0x37, 0x7A], "it is compressed with xz", "unpack it, or compress it with gzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "it is compressed with zstd", "unpack it, or use gzip"),
    ]
    if let format = formats.first(where: { hasPrefix(bytes, $0.start) }) {
        return (format.name, format.fix)
    }
    let firstLine = endOfLine(bytes, from: 0) ?? bytes.count
    for at in 0..<firstLine where bytes[at] == 0 {
        return ("it holds NUL bytes and is no text", "save it as CSV in UTF-8")
    }
    return nil
}

private func hasPrefix(_ bytes: Span<UInt8>, _ start: [UInt8]) -> Bool {
    bytes.count >= start.count && start.indices.allSatisfy { bytes[$0] == start[$0] }
}
