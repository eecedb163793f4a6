/// Rules about `import` lines.
enum ImportRules {
    /// An import as it is written.
    struct Import {
        var line: Int
        var module: String
    }

    /// What comes with the system and needs no declaration.
    private static let system: Set<String> = ["Glibc", "Swift", "Synchronization"]

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency",
        "@_exported",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    static func imports(of file: SourceFile) -> [Import] {
        file.text.code.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, modifiers.contains(word) { words.removeFirst() }
            guard words.first == "import" else { return nil }
            words.removeFirst()
            if let word = words.first, kinds.contains(word) { words.removeFirst() }
            guard let path = words.first else { return nil }
            return Import(line: index + 1, module: String(path.prefix { $0 != "." }))
        }
    }

    /// Every import is the system's or declared, and Foundation stays out.
    static func declared(_ file: SourceFile, _ manifest: Manifest) -> [Violation] {
        let uses = file.target.flatMap { manifest[$0] }?.uses ?? []
        return imports(of: file).compactMap { found in
            let violation = { Violation(file, line: found.line, $0) }
            switch found.module {
            case "Foundation", "FoundationInternationalization", "Dispatch":
                return violation("\(found.module) is not used here")
            case "FoundationEssentials":
                let isAllowed = file.target == "JSONCoding"
                return isAllowed ? nil : violation("only JSONCoding imports FoundationEssentials")
            case "Testing":
                return file.isTest ? nil : violation("Testing belongs into Tests")
            default:
                guard !system.contains(found.module), !uses.contains(found.module) else {
                    return nil
                }
                return violation(
                    "\(found.module) is not among the uses of \(file.target ?? "its target")"
                )
            }
        }
    }

    /// A declared arrow that no file needs.
    static func needless(_ files: [SourceFile], _ manifest: Manifest) -> [Violation] {
        var imported: [String: Set<String>] = [:]
        for file in files {
            imported[file.target ?? "", default: []].formUnion(imports(of: file).map(\.module))
        }
        return manifest.targets.flatMap { target in
            // Tests may need a program only to have it built; C targets import nothing.
            guard target.kind != .tests, target.floor != .c else { return [Violation]() }
            return target.uses.filter { imported[target.name]?.contains($0) != true }.map {
                Violation("Package.swift: \(target.name) -> \($0)", "no file imports it")
            }
        }
    }

    /// Each C library has one owner.
    ///
    /// `CLinux` is ours: calls of the kernel and of glibc that Swift cannot reach.
    static func owners(_ files: [SourceFile], _ manifest: Manifest) -> [Violation] {
        let libraries = manifest.targets.filter { $0.floor == .c && $0.name != "CLinux" }
        return libraries.flatMap { library -> [Violation] in
            let importers = files.filter { file in
                file.target != library.name
                    && imports(of: file).contains { $0.module == library.name }
            }
            let owners = Set(importers.filter { !$0.isTest }.compactMap(\.target)).sorted()
            let tests = importers.filter(\.isTest).map {
                Violation($0.path, "only the owner of \(library.name) imports it, not a test")
            }
            guard owners.count > 1 else { return tests }
            let names = owners.joined(separator: ", ")
            return tests + [Violation(library.name, "it has more than one owner: \(names)")]
        }
    }
}
