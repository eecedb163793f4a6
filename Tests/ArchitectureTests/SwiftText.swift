/// A Swift file split into what the compiler reads and what only people read.
///
/// Both views keep every line break, so that a line number means the same in each. Contents of
/// string literals are blank in both; code inside an interpolation stays code.
struct SwiftText {
    /// The text with comments and string contents blanked.
    let code: [Substring]
    /// The text with everything but comments blanked.
    let comments: [Substring]

    init(_ text: String) {
        var reader = Reader(text)
        reader.readCode(untilParenthesis: false)
        code = SwiftText.lines(reader.code)
        comments = SwiftText.lines(reader.comments)
    }

    /// Line numbers, from 1, of the lines that satisfy a condition.
    static func numbers(of lines: [Substring], where found: (Substring) -> Bool) -> [Int] {
        lines.indices.filter { found(lines[$0]) }.map { $0 + 1 }
    }

    static func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }
}

/// Walks over the bytes of a file once.
private struct Reader {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var code: [UInt8] = []
    private(set) var comments: [UInt8] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
        code.reserveCapacity(bytes.count)
        comments.reserveCapacity(bytes.count)
    }

    private enum View { case code, comment, neither }

    private mutating func take(_ count: Int, as view: View) {
        for _ in 0..<count where position < bytes.count {
            let byte = bytes[position]
            let blank = byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " ")
            code.append(view == .code ? byte : blank)
            comments.append(view == .comment ? byte : blank)
            position += 1
        }
    }

    private func sees(_ text: StaticString, at offset: Int = 0) -> Bool {
        let wanted = Array("\(text)".utf8)
        let start = position + offset
        return start + wanted.count <= bytes.count
            && bytes[start..<start + wanted.count].elementsEqual(wanted)
    }

    /// Reads code to the end of the file, or to the parenthesis that ends an interpolation.
    mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while position < bytes.count {
            if sees("//") {
                while position < bytes.count, !sees("\n") { take(1, as: .comment) }
            } else if sees("/*") {
                readBlockComment()
            } else if let hashes = hashesBeforeQuote() {
                readString(hashes: hashes)
            } else {
                if sees("(") { depth += 1 }
                if sees(")") {
                    if untilParenthesis, depth == 0 { return take(1, as: .neither) }
                    depth -= 1
                }
                take(1, as: .code)
            }
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if sees("/*") {
                depth += 1
                take(2, as: .comment)
            } else if sees("*/") {
                depth -= 1
                take(2, as: .comment)
            } else {
                take(1, as: .comment)
            }
        } while depth > 0 && position < bytes.count
    }

    /// The number of `#` when a string literal begins here.
    private func hashesBeforeQuote() -> Int? {
        var hashes = 0
        while sees("#", at: hashes) { hashes += 1 }
        return sees("\"", at: hashes) ? hashes : nil
    }

    private mutating func readString(hashes: Int) {
        let quotes = sees("\"\"\"", at: hashes) ? 3 : 1
        let marks = [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        let end = [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + marks
        let escape = [UInt8(ascii: "\\")] + marks
        take(hashes + quotes, as: .neither)
        while position < bytes.count {
            let rest = bytes[position...]
            if rest.starts(with: end) { return take(end.count, as: .neither) }
            if quotes == 1, sees("\n") { return }
            if rest.starts(with: escape) {
                take(escape.count, as: .neither)
                if sees("(") {
                    take(1, as: .neither)
                    readCode(untilParenthesis: true)
                } else {
                    take(1, as: .neither)
                }
            } else {
                take(1, as: .neither)
            }
        }
    }
}
