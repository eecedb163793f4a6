import CommandLine
import FileSystem
import Glibc
import Testing

@Suite struct ReferenceTests {
    /// After a change: `CLVD_WRITE_REFERENCE=1 swift test --filter ReferenceTests`.
    @Test("the manual is what the commands' definitions generate, and has all of them")
    func manual() throws {
        let root = #filePath.dropLast("Tests/CommandLineTests/ReferenceTests.swift".count)
        let path = "\(root)deploy/man/clvctl.1"
        let text = CommandManual.page
        if unsafe getenv("CLVD_WRITE_REFERENCE") != nil {
            try FileSystem.replace(path, with: Array(text.utf8), mode: 0o644)
        }
        #expect(String(decoding: try FileSystem.read(path), as: UTF8.self) == text)
        let overview = Typing().type("help").out.split(separator: "\n")
        // What stands further to the right goes on with a sentence.
        let commands = overview.filter { line in
            line.hasPrefix("  ") && line.dropFirst(2).first.map { $0 != " " && $0 != "$" } == true
        }
        .compactMap { $0.split(separator: " ").first }
        #expect(commands.count > 15)
        for command in commands { #expect(text.contains(".SS \"clvctl \(command)"), "\(command)") }
    }
}
