/// Rules about words and lengths.
enum TextRules {
    static let longestFile = 600
    static let longestFunction = 70

    /// Words that are not used at all.
    private static let banned: [(word: String, why: String)] = [
        ("try!", "handle the error"),
        ("as!", "use `as?` and handle nil"),
        ("import Foundation", "it brings ICU; use Glibc, or JSONCoding for JSON"),
    ]

    static func words(_ file: SourceFile) -> [Violation] {
        var found: [Violation] = []
        for (index, line) in file.text.code.enumerated() {
            let violation = { Violation(file, line: index + 1, $0) }
            for (word, why) in banned where containsWord(word, in: line) {
                found.append(violation("\(word) is banned: \(why)"))
            }
            if forcesUnwrap(line) {
                found.append(violation("a force unwrap: use `guard let` or `#require`"))
            }
            if containsWord("print(", in: line), !file.isTest, file.floor != .programs {
                found.append(violation("print( belongs into Programs"))
            }
            if readsClock(line), !file.isTest, file.floor != .programs, file.floor != .service {
                found.append(violation("the wall clock is passed in, as an Instant"))
            }
        }
        return found + marks(file)
    }

    /// Work that was put off.
    private static func marks(_ file: SourceFile) -> [Violation] {
        SwiftText.numbers(of: file.text.comments) { line in
            ["TODO", "FIXME", "XXX"].contains { containsWord($0, in: line) }
        }.map { Violation(file, line: $0, "finish it, or open an issue") }
    }

    /// Every promise that the compiler cannot check says why it holds.
    static func safety(_ file: SourceFile) -> [Violation] {
        SwiftText.numbers(of: file.text.code) { line in
            line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)")
        }.filter { number in
            let near = max(1, number - 4)...min(file.text.comments.count, number + 4)
            return !near.contains { file.text.comments[$0 - 1].contains("Safety:") }
        }.map { Violation(file, line: $0, "a `// Safety:` line must say why this holds") }
    }

    static func length(_ file: SourceFile) -> [Violation] {
        let lines = file.text.code.count
        guard lines > longestFile + 1 else { return [] }
        return [Violation(file.path, "\(lines) lines, at most \(longestFile)")]
    }

    /// Whether a text holds a word that is no part of a longer one.
    private static func containsWord(_ word: String, in line: Substring) -> Bool {
        guard let range = line.firstRange(of: word) else { return false }
        let before = line[..<range.lowerBound].last
        let after = line[range.upperBound...].first
        let isWhole = !isNamePart(before) && before != "."
        let ends = word.last.map { !isNamePart($0) } ?? true
        if isWhole, ends || !isNamePart(after) { return true }
        return containsWord(word, in: line[range.upperBound...])
    }

    private static func isNamePart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false
    }

    private static func forcesUnwrap(_ line: Substring) -> Bool {
        let bytes = Array(line.utf8)
        return bytes.indices.contains { index in
            guard bytes[index] == UInt8(ascii: "!"), index > 0 else { return false }
            let before = Character(Unicode.Scalar(bytes[index - 1]))
            let after = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
            guard isNamePart(before) || before == ")" || before == "]" else { return false }
            // `a! = b` unwraps, `a != b` has a space before, `try!` and `as!` are told elsewhere.
            let head = String(decoding: bytes[..<index], as: UTF8.self)
            return after != UInt8(ascii: "=") && !head.hasSuffix("try") && !head.hasSuffix(" as")
        }
    }

    private static func readsClock(_ line: Substring) -> Bool {
        ["clock_gettime(CLOCK_REALTIME", "gettimeofday(", "time(nil)"].contains {
            containsWord($0, in: line)
        }
    }
}
