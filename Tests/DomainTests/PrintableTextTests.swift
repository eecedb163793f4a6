import Domain
import Testing

@Suite struct PrintableTextTests {
    @Test(
        "what moves a cursor, starts a line or turns the writing is written out",
        arguments: [
            ("plain, \"quoted\" \\ é 漢 🙂", "plain, \"quoted\" \\ é 漢 🙂"),
            ("\u{1b}[31m", "\\u{1b}[31m"), ("a\nb\r\tc\0", "a\\u{a}b\\u{d}\\u{9}c\\u{0}"),
            ("\u{7f}\u{9b}31m", "\\u{7f}\\u{9b}31m"),
            ("\u{202e}abc\u{2028}", "\\u{202e}abc\\u{2028}"),
            ("", ""),
        ]
    )
    func texts(text: String, shown: String) {
        #expect(printable(text) == shown)
    }

    @Test("a report's cause and fix may have lines, its message is one line")
    func report() {
        let report = ProblemReport(code: "x", message: "a\nb", cause: "c\n\td\u{1b}", fix: "e\nf")
        #expect(report.message == "a\\u{a}b")
        #expect(report.cause == "c\n\td\\u{1b}" && report.fix == "e\nf")
    }
}
