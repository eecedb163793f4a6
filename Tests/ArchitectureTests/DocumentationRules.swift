/// Rules about what is written for the next reader.
enum DocumentationRules {
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "actor", "protocol", "typealias",
    ]
    private static let modifiers: Set<Substring> = ["final", "indirect", "nonisolated"]

    /// Every outermost `package` type says what it is; a nested one is explained by its owner.
    static func types(_ file: SourceFile) -> [Violation] {
        file.text.code.indices.filter { index in
            let line = file.text.code[index]
            guard let first = line.first, first != " " else { return false }
            let words = line.split { " :(<".contains($0) }
            guard let access = words.firstIndex(of: "package") else { return false }
            let kind = words[access...].dropFirst().first { !modifiers.contains($0) }
            guard let kind, kinds.contains(kind) else { return false }
            return !isDocumented(index, file)
        }.map { Violation(file, line: $0 + 1, "a package type without a doc comment") }
    }

    /// Whether `///` stands above, with nothing but attributes and plain comments between.
    private static func isDocumented(_ index: Int, _ file: SourceFile) -> Bool {
        for above in (0..<index).reversed() {
            let code = file.text.code[above].drop { $0 == " " }
            let comment = file.text.comments[above].drop { $0 == " " }
            if comment.hasPrefix("///") { return true }
            guard code.hasPrefix("@") || comment.hasPrefix("//") else { return false }
        }
        return false
    }

    /// The map has an entry for every target below `Sources`, and none for a target that is gone.
    ///
    /// An entry is a table row that begins with the name in backticks.
    static func map(_ readme: String, _ manifest: Manifest) -> [Violation] {
        let entries = readme.split(separator: "\n").compactMap { line -> Substring? in
            guard line.hasPrefix("| `") else { return nil }
            return line.dropFirst(3).prefix { $0 != "`" }
        }
        let targets = manifest.targets.filter { $0.kind != .tests }.map(\.name)
        let missing = targets.filter { !entries.contains($0[...]) }.map {
            Violation("Sources/README.md", "the map has no row for \($0)")
        }
        let stale = entries.filter { !targets.contains(String($0)) }.map {
            Violation("Sources/README.md", "\($0) has a row, but is no target")
        }
        return missing + stale
    }

    /// What lies at the top of the tree, dot files left out.
    static func top(_ names: [String]) -> [Violation] {
        let house: Set<String> = [
            "Package.swift", "Sources", "Tests", "deploy", "etc", "README.md",
        ]
        return names.filter { !$0.hasPrefix(".") && !house.contains($0) }.sorted().map {
            Violation($0, "it does not belong at the top of the tree")
        }
    }
}
