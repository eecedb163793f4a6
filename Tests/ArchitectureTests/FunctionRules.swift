extension TextRules {
    /// No function is longer than a screen.
    static func functions(_ file: SourceFile) -> [Violation] {
        bodies(in: file.text.code).filter { $0.lines > longestFunction }.map {
            Violation(
                file,
                line: $0.line,
                "a function of \($0.lines) lines, at most \(longestFunction)"
            )
        }
    }

    /// Where functions begin and how many lines each takes, from `func` to its closing brace.
    static func bodies(in code: [Substring]) -> [(line: Int, lines: Int)] {
        var found: [(line: Int, lines: Int)] = []
        for index in code.indices where beginsFunction(code[index]) {
            guard let last = end(ofFunctionAt: index, in: code) else { continue }
            found.append((line: index + 1, lines: last - index + 1))
        }
        return found
    }

    private static func beginsFunction(_ line: Substring) -> Bool {
        line.split(separator: " ").contains { word in
            word == "func" || word == "deinit" || word.hasPrefix("init(")
                || word.hasPrefix("init?(")
                || word.hasPrefix("init<") || word.hasPrefix("subscript(")
        }
    }

    /// The index of the line with the closing brace; nil for a requirement without a body.
    private static func end(ofFunctionAt first: Int, in code: [Substring]) -> Int? {
        var parentheses = 0
        var braces = 0
        for index in first..<code.count {
            for character in code[index] {
                switch character {
                case "(", "[": parentheses += 1
                case ")", "]": parentheses -= 1
                case "{": braces += 1
                case "}":
                    braces -= 1
                    if braces == 0 { return index }
                    if braces < 0 { return nil }
                default: break
                }
            }
            // The head ends with its line unless a bracket is open or the next line goes on.
            if braces == 0, parentheses == 0, !goesOn(after: index, in: code) { return nil }
        }
        return nil
    }

    private static func goesOn(after index: Int, in code: [Substring]) -> Bool {
        guard index + 1 < code.count else { return false }
        let next = code[index + 1].drop { $0 == " " }
        return ["{", "->", "where", "throws", "async"].contains { next.hasPrefix($0) }
            || code[index].hasSuffix("->") || code[index].hasSuffix(",")
    }
}
