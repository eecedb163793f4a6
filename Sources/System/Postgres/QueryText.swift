import Domain

/// A query without the semicolons, comments and blanks at its end; empty when there is no more.
///
/// What is left can stand in brackets. A semicolon before further words stays: the server refuses
/// several statements itself.
package func withoutTerminator(_ query: String) -> String {
    let text = Array(query.utf8)
    var at = 0
    var end = 0
    while at < text.count {
        let token = sqlToken(text, at)
        at = token.end
        if !token.isIdle { end = at }
    }
    return String(decoding: text[..<end], as: UTF8.self)
}

/// The piece of SQL that begins at a place, as far as quotes and comments tell pieces apart
/// (PostgreSQL 15, 4.1); idle are blanks, comments and semicolons.
private func sqlToken(_ text: [UInt8], _ start: Int) -> (end: Int, isIdle: Bool) {
    switch text[start] {
    case UInt8(ascii: " "), 9...13, UInt8(ascii: ";"): return (start + 1, true)
    case UInt8(ascii: "-") where has(text, "--", at: start):
        return (text[start...].firstIndex { $0 == 10 || $0 == 13 } ?? text.count, true)
    case UInt8(ascii: "/") where has(text, "/*", at: start):
        return endOfComment(text, start).map { ($0, true) } ?? (text.count, false)
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return (endOfQuotes(text, start), false)
    case UInt8(ascii: "$"): return (endOfDollarQuotes(text, start), false)
    case let byte where isWordByte(byte):
        var end = start + 1
        while end < text.count, isWordByte(text[end]) || text[end] == UInt8(ascii: "$") { end += 1 }
        // In E'...' a backslash takes the next character's meaning away.
        let isEscaping = end == start + 1 && byte | 0x20 == UInt8(ascii: "e")
        if isEscaping, end < text.count, text[end] == UInt8(ascii: "'") {
            return (endOfQuotes(text, end, hasBackslashes: true), false)
        }
        return (end, false)
    default: return (start + 1, false)
    }
}

/// Behind a comment that may hold others; nil when it is never closed.
private func endOfComment(_ text: [UInt8], _ start: Int) -> Int? {
    var depth = 0
    var at = start
    while at < text.count {
        if has(text, "/*", at: at) {
            depth += 1
            at += 2
        } else if has(text, "*/", at: at) {
            depth -= 1
            at += 2
            if depth == 0 { return at }
        } else {
            at += 1
        }
    }
    return nil
}

/// Behind the closing quote; a doubled one closes and opens again, which ends at the same place.
private func endOfQuotes(_ text: [UInt8], _ start: Int, hasBackslashes: Bool = false) -> Int {
    var at = start + 1
    while at < text.count, text[at] != text[start] {
        at += hasBackslashes && text[at] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(at + 1, text.count)
}

/// Behind `$tag$ ... $tag$`, or behind a dollar that opens nothing.
private func endOfDollarQuotes(_ text: [UInt8], _ start: Int) -> Int {
    guard let second = text[(start + 1)...].firstIndex(where: { !isWordByte($0) }),
        text[second] == UInt8(ascii: "$"), !isDigit(text[start + 1])
    else { return start + 1 }
    let tag = text[start...second]
    var at = second + 1
    while at + tag.count <= text.count {
        if text[at..<at + tag.count] == tag { return at + tag.count }
        at += 1
    }
    return text.count
}

private func has(_ text: [UInt8], _ mark: String, at start: Int) -> Bool {
    text[start...].starts(with: mark.utf8)
}

private func isWordByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
        || (97...122).contains(byte | 0x20)
}

private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

/// What is wrong with a tenant's query before the server runs it.
extension PostgresError {
    private static func unusableQuery(
        _ code: String,
        _ message: String,
        cause: String? = nil,
        fix: String
    ) -> PostgresError {
        PostgresError(
            code: code,
            message: message,
            cause: cause,
            fix: fix,
            failureClass: .configuration
        )
    }

    static let emptyQuery = unusableQuery(
        "empty_query",
        "the query is empty",
        fix: "write a SELECT into data_query_path, or the path of a .sql file"
    )
    static let nulInQuery = unusableQuery(
        "nul_character",
        "the query holds a NUL character",
        fix: "save the file of data_query_path as UTF-8 text"
    )
    static let severalStatements = unusableQuery(
        "several_statements",
        "the query is more than one statement",
        fix: "write a single SELECT into data_query_path"
    )
    static let queryHasParameters = unusableQuery(
        "query_has_parameters",
        "the query has parameters like $1, and there is nothing to put in",
        fix: "write the values into the query of data_query_path"
    )

    static func notAReadingQuery(cause: String) -> PostgresError {
        unusableQuery(
            "not_a_reading_query",
            "the query is not one statement that only reads",
            cause: cause,
            fix: "write a single SELECT into data_query_path"
        )
    }
}
