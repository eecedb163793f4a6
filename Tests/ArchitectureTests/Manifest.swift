/// The floors of the house, from the roof down.
enum Floor: String, CaseIterable, Comparable {
    case programs = "Programs"
    case service = "Service"
    case stages = "Stages"
    case models = "Models"
    case system = "System"
    case base = "Base"
    case c = "C"

    private var depth: Int { Floor.allCases.firstIndex(of: self) ?? 0 }

    /// Whether a floor lies below another one.
    static func < (one: Floor, other: Floor) -> Bool { one.depth > other.depth }
}

/// The targets that `Package.swift` declares.
///
/// It reads the manifest's own form: one call of `module`, `program`, `library`, `tests`,
/// `support` or `.target` for each target.
struct Manifest {
    struct Target: Equatable {
        enum Kind { case module, program, library, tests }

        var name: String
        var kind: Kind
        /// As written; nil for tests and for a folder that is no floor.
        var folder: String
        var uses: [String]

        /// The floor that the folder names.
        var floor: Floor? { Floor(rawValue: folder) }
    }

    let targets: [Target]

    init(_ text: String) {
        let begin = text.range(of: "targets: [")?.upperBound ?? text.startIndex
        targets = Manifest.calls(in: text[begin...]).compactMap(Manifest.target)
    }

    init(targets: [Target]) { self.targets = targets }

    subscript(name: String) -> Target? { targets.first { $0.name == name } }

    /// Everything that a target reaches, itself left out.
    func closure(of name: String) -> Set<String> {
        var reached: Set<String> = []
        var open = self[name]?.uses ?? []
        while let next = open.popLast() {
            if reached.insert(next).inserted { open += self[next]?.uses ?? [] }
        }
        return reached
    }
}

extension Manifest {
    private struct Call {
        var function: String
        var arguments: Substring
    }

    private static let functions = [
        "module", "program", "library", "tests", "support", ".target", ".executableTarget",
        ".systemLibrary",
        ".testTarget",
    ]

    /// The calls of the outermost level, in order.
    private static func calls(in text: Substring) -> [Call] {
        var calls: [Call] = []
        var word = ""
        var index = text.startIndex
        while index < text.endIndex {
            let character = text[index]
            if text[index...].hasPrefix("//") {
                index = text[index...].firstIndex(of: "\n") ?? text.endIndex
            } else if character == "(", functions.contains(word) {
                let end = closing(of: text[index...])
                calls.append(Call(function: word, arguments: text[text.index(after: index)..<end]))
                index = end
                word = ""
            } else {
                word = character.isLetter || character == "." ? word + String(character) : ""
                index = text.index(after: index)
            }
        }
        return calls
    }

    /// Where the bracket that the text begins with is closed.
    private static func closing(of text: Substring) -> Substring.Index {
        var depth = 0
        var quoted = false
        for index in text.indices {
            switch text[index] {
            case "\"": quoted.toggle()
            case "(" where !quoted, "[" where !quoted: depth += 1
            case ")" where !quoted, "]" where !quoted:
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return text.endIndex
    }

    private static func target(_ call: Call) -> Target? {
        let own = strings(in: call.arguments.prefix { $0 != "[" })
        switch call.function {
        case "module" where own.count >= 2:
            return Target(
                name: own[1],
                kind: .module,
                folder: own[0],
                uses: list(in: call.arguments[...])
            )
        case "program" where !own.isEmpty:
            let uses = list(in: call.arguments[...])
            return Target(name: own[0], kind: .program, folder: "Programs", uses: uses)
        case "library" where !own.isEmpty:
            return Target(name: own[0], kind: .library, folder: "C", uses: [])
        case "tests" where !own.isEmpty, "support" where !own.isEmpty:
            let uses = list(in: call.arguments[...])
            return Target(name: own[0], kind: .tests, folder: "Tests", uses: uses)
        default: return labelled(call)
        }
    }

    /// A target that is declared by SwiftPM's own function, with labels.
    private static func labelled(_ call: Call) -> Target? {
        guard let name = value(of: "name", in: call.arguments) else { return nil }
        let path = value(of: "path", in: call.arguments) ?? "Sources/\(name)"
        let folders = path.split(separator: "/")
        let uses = call.arguments.range(of: "dependencies:").map {
            list(in: call.arguments[$0.upperBound...])
        }
        return Target(
            name: name,
            kind: call.function == ".executableTarget" ? .program : .module,
            folder: folders.count == 3 ? String(folders[1]) : path,
            uses: uses ?? []
        )
    }

    private static func value(of label: String, in text: Substring) -> String? {
        text.range(of: label + ":").flatMap { strings(in: text[$0.upperBound...]).first }
    }

    /// The strings of the first bracketed list.
    private static func list(in text: Substring) -> [String] {
        guard let begin = text.firstIndex(of: "[") else { return [] }
        return strings(in: text[begin..<closing(of: text[begin...])])
    }

    private static func strings(in text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false)
            .enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}

extension StringProtocol {
    /// Where a text first occurs.
    func range(of text: String) -> Range<Index>? { self.firstRange(of: text) }
}
