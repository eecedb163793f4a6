/// A configuration file's name and text, and its lines as messages may show them.
struct SourceText: Sendable {
    let file: String
    private let bytes: [UInt8]
    /// Where each line begins, found once: a bad file can have very many errors.
    private let starts: [Int]

    /// The longest piece of a line that is shown.
    private static let shownScalars = 160

    init(file: String, bytes: [UInt8]) {
        self.file = file
        self.bytes = bytes
        var starts = [bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0]
        for (index, byte) in bytes.enumerated() where byte == 10 { starts.append(index + 1) }
        self.starts = starts
    }

    /// A line without its end, from 1; nil beyond the last.
    func line(_ number: Int) -> String? {
        guard starts.indices.contains(number - 1) else { return nil }
        var line = bytes[starts[number - 1]...].prefix { $0 != 10 }
        if line.last == 13 { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    /// The line of a place with the place marked, fit to be shown.
    func excerpt(_ place: Place) -> (line: String, start: Int, length: Int)? {
        guard let line = line(place.line) else { return nil }
        // toml++ counts Unicode scalars, and so does the mark.
        let end = place.column + SourceText.shownScalars
        let near = String(line.unicodeScalars.prefix(end))
        let shown = Secrets.masked(near).unicodeScalars.map(SourceText.printable)
        let start = min(place.column - 1, shown.count)
        let first = shown.count > SourceText.shownScalars ? max(0, start - 40) : 0
        let window = shown[first...].prefix(SourceText.shownScalars)
        var text = String(String.UnicodeScalarView(window))
        if first > 0 { text = "..." + text.dropFirst(3) }
        let isCut = first + window.count < shown.count || near.utf8.count < line.utf8.count
        if isCut, !text.hasSuffix("...") { text += "..." }
        let rest = max(1, window.count - (start - first))
        return (text, start - first, min(place.length, rest))
    }

    private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar == "\t" { return " " }
        return scalar.value < 32 || (0x7F...0x9F).contains(scalar.value) ? "\u{FFFD}" : scalar
    }
}

/// Knows a written password when it sees one: it must never be shown.
enum Secrets {
    /// A key that holds a password, however it is spelt, and not the name of a place for one.
    static func isPassword(_ key: String) -> Bool {
        let key = key.lowercased()
        let isReference = key.contains("file") || key.contains("cred")
        return !isReference
            && ["pass", "pasw", "pwd", "secret"].contains { key.contains($0) }
    }

    /// The line up to where a secret might begin.
    static func masked(_ line: String) -> String {
        guard let cut = [assignment(in: line), userInfo(in: line)].compactMap({ $0 }).min() else {
            return line
        }
        return line[..<cut] + " ..."
    }

    /// A libpq connection string that carries a password.
    static func isIn(conninfo: String) -> Bool {
        assignment(in: conninfo) != nil || userInfo(in: conninfo) != nil
    }

    /// Where the value of `password=` or of a key much like it begins.
    private static func assignment(in text: String) -> String.Index? {
        var word: [UInt8] = []
        var isWordOver = false
        for (index, byte) in zip(text.utf8.indices, text.utf8) {
            switch byte {
            case UInt8(ascii: "="):
                if isPassword(String(decoding: word, as: UTF8.self)) {
                    return text.utf8.index(after: index)
                }
                word = []
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\""), UInt8(ascii: "'"):
                isWordOver = true
            default:
                if isWordOver { word = [] }
                isWordOver = false
                word.append(byte)
            }
        }
        return nil
    }

    /// Where the password of `scheme://user:password@host` begins.
    private static func userInfo(in text: String) -> String.Index? {
        let scalars = text.unicodeScalars
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let authority = scalars[scheme.upperBound...].prefix { !"/?".unicodeScalars.contains($0) }
        guard let at = authority.lastIndex(of: "@"),
            let colon = authority[..<at].firstIndex(of: ":")
        else { return nil }
        return scalars.index(after: colon)
    }
}
