import Domain
import Testing

@testable import CommandLine

@Suite struct FormatTests {
    @Test("counts have separators")
    func counts() {
        #expect(Format.count(0) == "0" && Format.count(-1234) == "-1,234")
        #expect(Format.count(999) == "999" && Format.count(1_234_567) == "1,234,567")
        #expect(Format.plural(1, "row") == "1 row" && Format.plural(2, "row") == "2 rows")
    }

    @Test(
        "money is short",
        arguments: [
            (21_400_312.55, "EUR 21.4 M"), (310_240, "EUR 310 k"), (612.4, "EUR 612"),
            (31.2, "EUR 31.20"), (-5.25, "EUR -5.25"), (999_960, "EUR 1.0 M"), (0, "EUR 0.00"),
            (.infinity, "EUR n/a"),
        ]
    )
    func money(value: Double, shown: String) {
        #expect(Format.money(value, currency: "EUR") == shown)
    }

    @Test(
        "durations have two units at most",
        arguments: [
            (0.04, "0.0 s"), (9.96, "10 s"), (59.6, "1 min"), (252, "4 min 12 s"),
            (7500, "2 h 5 min"), (345_600, "4 days"), (-3, "0.0 s"),
        ]
    )
    func durations(seconds: Double, shown: String) {
        #expect(Format.duration(seconds) == shown)
    }

    @Test("sizes are in binary units")
    func sizes() {
        #expect(Format.bytes(512) == "512 B" && Format.bytes(1_181_116_006) == "1.1 GiB")
    }

    @Test("instants near now are named by their day")
    func near() throws {
        let now = try #require(Instant("2026-11-20T23:30:00Z"))
        let time = LocalTime(now: now, offset: { _ in 3600 })
        func shown(_ text: String) throws -> String { time.near(try #require(Instant(text))) }
        // It is already the 21st, half past midnight, where this is read.
        #expect(try shown("2026-11-20T23:00:00Z") == "today 00:00")
        #expect(try shown("2026-11-20T22:00:00Z") == "yesterday 23:00")
        #expect(try shown("2026-11-22T02:00:00Z") == "tomorrow 03:00")
        #expect(try shown("2026-11-18T02:00:00Z") == "Wed 03:00")
        #expect(try shown("2026-10-01T02:00:00Z") == "1 Oct 03:00")
        #expect(try shown("2025-10-01T02:00:00Z") == "1 Oct 2025")
    }

    @Test("what a stream cannot show never reaches it, and JSON is UTF-8 everywhere")
    func filter() {
        var written: [UInt8] = []
        let plain = Appearance(isTerminal: false, hasEscapes: false, isUTF8: false, width: 80)
        let stream = TextStream(appearance: plain) { bytes in
            written += bytes
            return 0
        }
        stream.line("\u{1b}[31mGröße")
        stream.json(["ä"])
        #expect(String(decoding: written, as: UTF8.self) == "[31mGr??e\n[\"ä\"]\n")
    }

    @Test("suggestions are near, and at most three")
    func suggestions() {
        let names = ["status", "runs", "run", "next"]
        #expect(DidYouMean.sentence("rnu", among: names) == "did you mean \"run\" or \"runs\"?")
        #expect(DidYouMean.sentence("xyzzy", among: names) == nil)
        #expect(DidYouMean.distance("ab", "ba") == 1 && DidYouMean.distance("", "abc") == 3)
    }

    @Test("lengths of time are read with their unit")
    func lengths() throws {
        #expect(try DurationArgument.seconds("90") == 90)
        #expect(try DurationArgument.seconds("1.5h") == 5400)
        #expect(throws: CommandFailure.self) { try DurationArgument.seconds("soon") }
        #expect(throws: CommandFailure.self) { try DurationArgument.seconds("-1s") }
    }
}
