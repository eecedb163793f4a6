import Configuration
import Testing

/// Every file of the corpus: good ones load, bad ones give exactly the text beside them.
///
/// `NAME.bad.toml` is a tenant's file, `clvd-NAME.bad.toml` a `clvd.toml`; `NAME.bad.txt` holds
/// the messages.
@Suite struct FixtureTests {
    static let folder = String(#filePath.dropLast("FixtureTests.swift".count)) + "Fixtures"
    static let all = names(in: folder)
    static let good = all.filter { $0.hasSuffix(".good.toml") }
    static let bad = all.filter { $0.hasSuffix(".bad.toml") }

    /// Loads a fixture as the file it stands for; paths become those of the system.
    private func messages(_ name: String) throws -> String {
        let folder = try TemporaryFolder()
        let isService = name.hasPrefix("clvd")
        let stem = name.prefix { $0 != "." }
        try folder.write("tenants.d/orders.sql", "select 1;\n")
        try folder.write("tenants.d/empty.sql", " ;\n")
        try folder.write(
            isService ? "clvd.toml" : "tenants.d/\(stem).toml",
            try contents("\(FixtureTests.folder)/\(name)")
        )
        do {
            let loaded = try Loader(directories: [folder.path]).loadStrictly()
            return loaded.diagnostics.text
        } catch {
            #expect(!error.diagnostics.errors.isEmpty)
            return error.diagnostics.text.replacing(folder.path, with: "/etc/clvd")
        }
    }

    @Test("a good file loads without a word", arguments: good)
    func goodFile(name: String) throws { #expect(try messages(name) == "") }

    @Test("a bad file gives exactly the messages beside it", arguments: bad)
    func badFile(name: String) throws {
        let expected = try contents("\(FixtureTests.folder)/\(name.dropLast(5)).txt")
        #expect(try messages(name) + "\n" == String(decoding: expected, as: UTF8.self))
    }

    @Test("every file of the corpus is read by one of these tests")
    func noneIsForgotten() {
        let read = FixtureTests.good + FixtureTests.bad
        let beside = FixtureTests.bad.map { "\($0.dropLast(5)).txt" }
        #expect(Set(FixtureTests.all) == Set(read + beside))
        #expect(FixtureTests.good.count >= 3 && FixtureTests.bad.count >= 20)
    }
}
