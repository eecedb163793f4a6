/// Finds the fields of one CSV record at a time (RFC 4180).
///
/// Quoted fields may hold delimiters, line ends and doubled quotes; a record ends with LF, CR LF
/// or a lone CR. A quote inside an unquoted field stands for itself, as most programs read it.
struct CSVScanner {
    static let longestField = 1 << 20
    static let longestRecord = 4 << 20

    /// Where a field's text lies; `isEscaped` when it holds doubled quotes.
    struct Field {
        var start = 0
        var end = 0
        var isEscaped = false
    }

    enum Outcome {
        /// `end` is behind the last field, `next` behind the line end.
        case record(end: Int, next: Int)
        /// The bytes end inside the record.
        case incomplete
        /// Quotes that fit nothing, or more than a record may hold.
        case broken
    }

    let delimiter: UInt8
    /// The fields of the record found last; there may be more of them than room.
    private(set) var fields: [Field]
    private(set) var fieldCount = 0

    init(delimiter: UInt8, columns: Int) {
        self.delimiter = delimiter
        fields = Array(repeating: Field(), count: columns)
    }

    mutating func scan(_ bytes: Span<UInt8>, from start: Int, isLast: Bool) -> Outcome {
        fieldCount = 0
        var at = start
        while true {
            let isQuoted = at < bytes.count && bytes[at] == UInt8(ascii: "\"")
            let end =
                isQuoted
                ? quotedField(bytes, from: at, isLast: isLast)
                : plainField(bytes, from: at, isLast: isLast)
            guard let end else { return unfinished(bytes, start, isLast: isLast) }
            if end - at > Self.longestField || end - start > Self.longestRecord { return .broken }
            at = end
            if at == bytes.count { return .record(end: at, next: at) }
            switch bytes[at] {
            case delimiter: at += 1
            // The LF of a CR LF is then a blank line, which counts for nothing.
            case newline, carriageReturn: return .record(end: at, next: at + 1)
            default: return .broken
            }
        }
    }

    /// Where the field ends; nil when the bytes end first and more may come.
    @inline(__always)
    private mutating func plainField(_ bytes: Span<UInt8>, from start: Int, isLast: Bool) -> Int? {
        var at = start
        while at < bytes.count {
            let byte = bytes[at]
            if byte == delimiter || byte == newline || byte == carriageReturn { break }
            at += 1
        }
        if at == bytes.count && !isLast { return nil }
        note(Field(start: start, end: at))
        return at
    }

    /// Where the field ends, behind its closing quote; nil when that is not there.
    private mutating func quotedField(_ bytes: Span<UInt8>, from start: Int, isLast: Bool) -> Int? {
        var at = start + 1
        var isEscaped = false
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\"") else {
                at += 1
                continue
            }
            if at + 1 == bytes.count && !isLast { return nil }
            if at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "\"") {
                isEscaped = true
                at += 2
                continue
            }
            note(Field(start: start + 1, end: at, isEscaped: isEscaped))
            return at + 1
        }
        return nil
    }

    @inline(__always)
    private mutating func note(_ field: Field) {
        if fieldCount < fields.count { fields[fieldCount] = field }
        fieldCount += 1
    }

    private func unfinished(_ bytes: Span<UInt8>, _ start: Int, isLast: Bool) -> Outcome {
        isLast || bytes.count - start > Self.longestRecord ? .broken : .incomplete
    }
}

let newline = UInt8(ascii: "\n")
let carriageReturn = UInt8(ascii: "\r")

/// Where the physical line that begins at `start` ends; nil when it does not end here.
func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    (start..<bytes.count).first { bytes[$0] == newline || bytes[$0] == carriageReturn }
}

/// A field's text, each doubled quote once.
func withSingleQuotes(_ field: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var at = 0
    while at < field.count {
        text.append(field[at])
        at += field[at] == UInt8(ascii: "\"") ? 2 : 1
    }
    return text
}
