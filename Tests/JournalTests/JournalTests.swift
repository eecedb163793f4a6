import Testing

@testable import Journal

@Suite struct JournalTests {
    let sink = RecordingSink()
    var journal: Journal { Journal(sink: sink) }

    @Test func `an event is one line with its fields behind the message`() {
        journal.info("run started", ["run": "r-1", "attempt": 2])
        #expect(sink.lines == ["<6>run started run=r-1 attempt=2"])
    }

    @Test func `a hostile value cannot start a line of its own or move the cursor`() {
        journal.error("worker", ["text": "a\n<3>forged\u{1B}[2J \"b\" \u{2028}c\u{202E}d"])
        #expect(
            sink.lines == [
                #"<3>worker text="a\n<3>forged\u{1b}[2J \"b\" \u{2028}c\u{202e}d""#
            ]
        )
    }

    @Test func `an empty value and one with an equals sign are quoted`() {
        journal.notice("x", ["a": "", "b": "c=d"])
        #expect(sink.lines == [#"<5>x a="" b="c=d""#])
    }

    @Test func `an endless value is cut`() {
        journal.info("x", ["a": String(repeating: "y", count: 1_000_000)])
        #expect(sink.lines[0].count < 2100)
    }

    @Test func `a priority of another program is read off its line`() {
        #expect(Priority.split("<4>careful") == (.warning, "careful"))
        #expect(Priority.split("<9>odd") == (nil, "<9>odd"))
        #expect(Priority.split("plain") == (nil, "plain"))
    }
}
