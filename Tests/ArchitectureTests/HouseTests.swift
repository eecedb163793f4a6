import Testing

/// The tree as it is obeys every rule.
@Suite struct HouseTests {
    private static let manifest = Manifest(Disk.text(Disk.root + "/Package.swift") ?? "")
    private static let files = Disk.files(in: "Sources Tests", named: "*.swift").map {
        SourceFile($0, Disk.text(Disk.root + "/" + $0) ?? "")
    }

    private func expectNone(_ violations: [Violation]) {
        #expect(violations.isEmpty, "\(report(violations))")
    }

    @Test("the manifest and the sources were read")
    func read() {
        #expect(HouseTests.manifest["Domain"]?.floor == .base)
        #expect(HouseTests.manifest["WorkerContract"]?.uses == ["Configuration", "Domain"])
        #expect(HouseTests.manifest["ArchitectureTests"]?.kind == .tests)
        #expect(HouseTests.files.contains { $0.path == "Sources/Base/Domain/Day.swift" })
    }

    @Test("arrows between floors go down only")
    func arrows() { expectNone(ArrowRules.arrows(HouseTests.manifest)) }

    @Test("clvd and clvctl reach no model, no stage and no database")
    func reach() { expectNone(ArrowRules.reach(HouseTests.manifest)) }

    @Test("folders, targets and imports have one name")
    func folders() {
        let folders = Set(
            Disk.files(in: "Sources Tests", named: "*").compactMap { path -> String? in
                let parts = path.split(separator: "/")
                let depth = parts[0] == "Tests" ? 2 : 3
                return parts.count > depth ? parts.prefix(depth).joined(separator: "/") : nil
            }
        )
        expectNone(ArrowRules.folders(folders.sorted(), HouseTests.manifest))
    }

    @Test("every import is declared, and Foundation stays out")
    func imports() {
        expectNone(HouseTests.files.flatMap { ImportRules.declared($0, HouseTests.manifest) })
    }

    @Test("every declared use is imported somewhere")
    func needless() { expectNone(ImportRules.needless(HouseTests.files, HouseTests.manifest)) }

    @Test("a C library is imported by its one owner")
    func owners() { expectNone(ImportRules.owners(HouseTests.files, HouseTests.manifest)) }

    @Test("no banned word is used")
    func words() { expectNone(HouseTests.files.flatMap(TextRules.words)) }

    @Test("every unchecked promise says why it holds")
    func safety() { expectNone(HouseTests.files.flatMap(TextRules.safety)) }

    @Test("files and functions are short")
    func lengths() {
        expectNone(HouseTests.files.flatMap { TextRules.length($0) + TextRules.functions($0) })
    }

    @Test("every package type has a doc comment")
    func documentation() {
        let sources = HouseTests.files.filter { !$0.isTest }
        expectNone(sources.flatMap(DocumentationRules.types))
    }

    @Test("the map in Sources/README.md names every target and no other")
    func map() {
        let map = Disk.text(Disk.root + "/Sources/README.md") ?? ""
        expectNone(DocumentationRules.map(map, HouseTests.manifest))
    }

    @Test("nothing else lies at the top of the tree")
    func top() {
        let names = Disk.output(of: "ls '\(Disk.root)'").split(separator: "\n").map(String.init)
        expectNone(DocumentationRules.top(names))
    }
}
