import Configuration

/// The first line of a CSV file, and where the wanted columns are in it.
struct CSVHeader {
    let delimiter: UInt8
    let names: [String]
    /// Column numbers.
    let customer: Int
    let time: Int
    let amount: Int?
    let order: Int?
    let covariates: [Int]

    init(
        _ names: [String],
        delimiter: UInt8,
        columns: ColumnSettings,
        path: String
    ) throws(IngestionError) {
        self.names = names
        self.delimiter = delimiter
        let lookup = ColumnLookup(columns: names, source: "file \"\(path)\"", isFile: true)
        customer = try lookup.position(of: columns.customer, as: .customer)
        time = try lookup.position(of: columns.time, as: .time)
        amount = try lookup.position(of: columns.amount, as: .amount)
        order = try lookup.position(of: columns.order, as: .order)
        var covariates: [Int] = []
        for name in columns.covariates {
            covariates.append(try lookup.position(of: name, as: .covariate))
        }
        self.covariates = covariates
    }

    /// What the beginning of a file turns out to be.
    enum Finding {
        case line(delimiter: UInt8, names: [String], next: Int)
        case incomplete
        case none
    }

    /// Finds the header; the delimiter is a comma, or else a semicolon or a tab when only that
    /// makes more than one column.
    static func find(_ bytes: Span<UInt8>, from begin: Int, isLast: Bool) -> Finding {
        var single = Finding.none
        for delimiter in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] {
            var counter = CSVScanner(delimiter: delimiter, columns: 0)
            switch counter.scan(bytes, from: begin, isLast: isLast) {
            case .broken: continue
            case .incomplete: return .incomplete
            case .record(_, let next):
                var scanner = CSVScanner(delimiter: delimiter, columns: counter.fieldCount)
                _ = scanner.scan(bytes, from: begin, isLast: isLast)
                let names = names(bytes, scanner.fields)
                let finding = Finding.line(delimiter: delimiter, names: names, next: next)
                if names.count > 1 { return finding }
                if case .none = single, !names[0].isEmpty { single = finding }
            }
        }
        return single
    }

    private static func names(_ bytes: Span<UInt8>, _ fields: [CSVScanner.Field]) -> [String] {
        fields.map { field in
            let span = bytes.extracting(field.start..<field.end)
            let name = span.extracting(withoutBlanks(span))
            let unescaped = field.isEscaped ? withSingleQuotes(name) : []
            return readableText(field.isEscaped ? unescaped.span : name)
        }
    }
}

/// Finds the columns that the settings name among those that a source has.
struct ColumnLookup {
    let columns: [String]
    /// For messages: `file "x.csv"`, `the query`.
    let source: String
    let isFile: Bool

    func position(of name: String, as role: ColumnRole) throws(IngestionError) -> Int {
        guard let position = columns.firstIndex(of: name) else {
            throw .noSuchColumn(role, name: name, lookup: self)
        }
        if columns.lastIndex(of: name) != position {
            throw .repeatedColumn(name: name, source: source)
        }
        return position
    }

    func position(of name: String?, as role: ColumnRole) throws(IngestionError) -> Int? {
        guard let name else { return nil }
        return try position(of: name, as: role) as Int
    }
}

/// What a column is for.
enum ColumnRole: String {
    case customer, time, amount, order, covariate
}
