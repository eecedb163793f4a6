/// One thing that is wrong with the configuration: where, what, and what to do about it.
package struct Diagnostic: Codable, Hashable, Sendable {
    package enum Severity: String, Codable, Sendable { case error, warning }

    /// Stable, for programs and for looking up.
    package enum Code: String, Codable, CaseIterable, Sendable {
        case syntax = "C001"
        case unreadableFile = "C002"
        case missingKey = "C101"
        case wrongType = "C102"
        case impossibleValue = "C103"
        case duplicate = "C104"
        case writtenSecret = "C105"
        case contradiction = "C106"
        case unknownKey = "C107"
        case timeZone = "C108"
        case schedule = "C109"
        case unsupported = "C110"
    }

    package var severity: Severity
    package var code: Code
    package var summary: String
    package var file: String
    /// From 1; nil when the file as a whole is meant.
    package var line: Int?
    package var column: Int?
    /// The line as it can be shown: without control characters, not too long, without secrets.
    package var sourceLine: String?
    /// Which characters of `sourceLine` are meant, from 0.
    package var markStart: Int?
    package var markLength: Int?
    /// Stands beside the mark: a suggestion.
    package var hint: String?
    /// What would have been right here.
    package var expected: String?
    package var fix: String?

    private enum CodingKeys: String, CodingKey {
        case severity, code, summary, file, line, column, hint, expected, fix
        case sourceLine = "source_line"
        case markStart = "mark_start"
        case markLength = "mark_length"
    }
}

extension Diagnostic: CustomStringConvertible {
    /// Several lines of text, without colours and without a line end after the last.
    package var description: String {
        var lines = ["\(severity)[\(code.rawValue)]: \(summary)"]
        let number = line.map { String($0) } ?? ""
        let margin = String(repeating: " ", count: max(number.count, 2))
        let place = [file, number, column.map { String($0) } ?? ""].filter { !$0.isEmpty }
        lines.append("\(margin)--> \(place.joined(separator: ":"))")
        if let sourceLine {
            let padding = String(repeating: " ", count: margin.count - number.count)
            lines.append("\(margin) |")
            lines.append("\(padding)\(number) | \(sourceLine)")
            let mark =
                String(repeating: " ", count: markStart ?? 0)
                + String(repeating: "^", count: markLength ?? 1)
            lines.append("\(margin) | \(mark)" + (hint.map { " \($0)" } ?? ""))
        } else if let hint {
            lines.append("\(margin) = \(hint)")
        }
        if let expected { lines.append("\(margin) = \(expected)") }
        if let fix { lines.append("\(margin) = fix: \(fix)") }
        return lines.joined(separator: "\n")
    }
}

extension [Diagnostic] {
    package var errors: [Diagnostic] { filter { $0.severity == .error } }

    /// All of them as text, a blank line between two.
    package var text: String { map(\.description).joined(separator: "\n\n") }

    /// `3 errors, 1 warning in 2 of 7 files`; without files when folders alone are meant.
    package func tally(of files: [String]) -> String {
        func counted(_ count: Int, _ noun: String) -> String {
            "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        let warnings = count - errors.count
        let kinds = [(errors.count, "error"), (warnings, "warning")].filter { $0.0 > 0 }
        let all = counted(files.count, "file")
        guard !kinds.isEmpty else { return "no errors in \(all)" }
        let found = kinds.map { counted($0.0, $0.1) }.joined(separator: ", ")
        let bad = Set(map(\.file)).intersection(files)
        return bad.isEmpty ? found : "\(found) in \(bad.count) of \(all)"
    }
}
