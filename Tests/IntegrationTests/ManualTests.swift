import FileSystem
import Testing

@Suite struct ManualTests {
    private static let folder =
        #filePath.dropLast("Tests/IntegrationTests/ManualTests.swift".count) + "deploy/man"
    private static let troff = "/usr/bin/groff"

    @Test("the page of clvd tells every option as clvd itself does")
    func options() throws {
        let page = try FileSystem.read("\(ManualTests.folder)/clvd.8")
        let text = String(decoding: page, as: UTF8.self).replacing("\\-", with: "-")
        let help = try Programs.run("clvd", ["--help"]).text.split(separator: "\n")
        let options = help.compactMap { line in
            line.split(separator: " ").first.flatMap { $0.hasPrefix("--") ? $0 : nil }
        }
        #expect(options.count == 5, "\(help)")
        for option in options { #expect(text.contains("\\fB\(option)\\fR"), "\(option)") }
    }

    @Test(
        "troff sets every page without a warning",
        .enabled(if: FileSystem.exists(ManualTests.troff), "groff is not installed"),
        arguments: ["clvctl.1", "clvd.8", "clvd.toml.5", "clvd-tenant.5"]
    )
    func warnings(page: String) throws {
        let words = ["-ww", "-z", "-Tutf8", "-man", "\(ManualTests.folder)/\(page)"]
        let set = try Programs.run(ManualTests.troff, words)
        #expect(set.code == 0 && set.text.isEmpty, "\(set.text)")
    }
}
