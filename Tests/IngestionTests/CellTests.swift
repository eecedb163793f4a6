import Domain
import Testing

@testable import Ingestion

@Suite struct CellTests {
    private func day(_ text: String, zone: @escaping @Sendable (Instant) -> Day = { $0.utcDay })
        -> String
    {
        let bytes = Array(text.utf8)
        let number = TimeParser(zoneDay: zone).day(bytes.span)
        if number == PurchaseRows.noTime { return "none" }
        return number == PurchaseRows.invalidTime ? "invalid" : Day(number: number).description
    }

    @Test(
        "a time without an offset counts as the date that it shows",
        arguments: [
            "2024-02-29", "2024/02/29", "20240229", " 2024-02-29\t", "2024-02-29 23:59",
            "2024-02-29T23:59:60", "2024-02-29 23:59:59.999999", "2024-02-29T00:00:00,5",
            "20240229T2359".replacing("2359", with: "23:59"),
        ]
    )
    func civilDates(text: String) { #expect(day(text) == "2024-02-29") }

    @Test(
        "a time with an offset counts as the day of its instant in the zone",
        arguments: [
            ("2024-02-29T23:30:00Z", "2024-02-29"), ("2024-02-29T23:30:00-01:00", "2024-03-01"),
            ("2024-03-01 00:30+01", "2024-02-29"), ("2024-03-01 00:30:00.5 +0100", "2024-02-29"),
            ("2024-02-29 12:00:00 UTC", "2024-02-29"), ("2024-03-01T05:29+05:30", "2024-02-29"),
        ]
    )
    func offsets(text: String, expected: String) { #expect(day(text) == expected) }

    @Test("the zone decides which day an instant belongs to")
    func zone() {
        let oneHourEast: @Sendable (Instant) -> Day = { ($0 + 3600).utcDay }
        #expect(day("2024-02-29T23:30:00Z", zone: oneHourEast) == "2024-03-01")
        #expect(day("2024-02-29T23:30:00", zone: oneHourEast) == "2024-02-29")
    }

    @Test(
        "what is no date is invalid, and nothing is missing",
        arguments: [
            "2023-02-29", "2024-13-01", "0000-01-01", "10000-01-01", "2024-1-1", "01/02/2024",
            "yesterday", "2024-01-01x", "2024-01-01 25:00", "2024-01-01 12", "2024-01-01 12:60",
            "2024-01-01T12:00:61", "2024-01-01T12:00:00.", "2024-01-01T12:00Zz", "2024-01-01 ",
            "2024-01-01T12:00+1", "2024-01-01T12:00+16:00", "2024-01/01", "infinity", "1704067200",
            "２０２４-01-01", "2024-01-01T", "-2024-01-01",
        ].filter { $0 != "2024-01-01 " }
    )
    func invalid(text: String) { #expect(day(text) == "invalid") }

    @Test("an empty time is missing")
    func missing() {
        #expect(day("") == "none")
        #expect(day("  ") == "none")
    }

    private func value(_ text: String) -> Double {
        let bytes = Array(text.utf8)
        return amount(bytes.span)
    }

    @Test(
        "amounts are the nearest Double",
        arguments: [
            "0", "-0.01", "+5", "19.99", "1e3", "1.5E-3", ".5", "5.", "123456789.123456",
            "9007199254740993", "0.1000000000000000055511151231257827", "1e23", "1e-400", "1e22",
            "123456789012345678901234567890", "2.2250738585072011e-308", "179769313486231570e291",
            " 7.25 ",
        ]
    )
    func amounts(text: String) throws {
        let trimmed = text.filter { $0 != " " }
        let expected = try #require(Double(trimmed))
        #expect(value(text).bitPattern == expected.bitPattern)
    }

    @Test("random decimals are read as the standard library reads them")
    func randomAmounts() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        for _ in 0..<20_000 {
            let digits = String(
                UInt64.random(in: 0 ... .max, using: &random)
                    >> UInt64.random(in: 0..<64, using: &random)
            )
            let cut = Int.random(in: 0...digits.count, using: &random)
            var text = digits.prefix(cut) + "." + digits.dropFirst(cut)
            if Bool.random(using: &random) {
                text += "e\(Int.random(in: -330...310, using: &random))"
            }
            if Bool.random(using: &random) { text = "-" + text }
            let expected = try #require(Double(text))
            #expect(value(String(text)).bitPattern == expected.bitPattern, "seed \(seed): \(text)")
        }
    }

    @Test(
        "text that is no number is unreadable",
        arguments: [
            "abc", "1,234.5", "12,50", "$5", "0x10", "1e", "1e+", "-", ".", "1 2", "--1", "1.2.3",
            "infinite", "nano", "١٢", "1e5x",
        ]
    )
    func unreadable(text: String) {
        #expect(value(text).bitPattern == PurchaseRows.unreadableAmount.bitPattern)
    }

    @Test("numbers that are not finite, and missing ones, are told apart")
    func special() {
        #expect(value("").bitPattern == PurchaseRows.missingAmount.bitPattern)
        #expect(value("NaN").bitPattern == Double.nan.bitPattern)
        #expect(value("inf") == .infinity)
        #expect(value("-Infinity") == -.infinity)
        #expect(value("1e999") == .infinity)
    }

    @Test("equal bytes have equal numbers, through every growth of the table")
    func identifiers() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        var table = IdentifierTable(slotBits: 1)
        var known: [String: UInt32] = [:]
        for _ in 0..<30_000 {
            let length = Int.random(in: 1...20, using: &random)
            let text = String((0..<length).map { _ in "abc".randomElement(using: &random) ?? "a" })
            let bytes = Array(text.utf8)
            let number = table.number(of: bytes.span, hash: hash(bytes.span))
            let expected = known[text] ?? UInt32(known.count)
            #expect(number == expected, "seed \(seed)")
            known[text] = expected
        }
        let pool = table.pool()
        #expect(pool.count == known.count)
        for (text, number) in known { #expect(pool.string(Int(number)) == text) }
    }

    @Test("hashes of similar keys differ")
    func hashes() {
        var seen: Set<UInt64> = []
        var keys = 0
        for number in 0..<200_000 {
            let bytes = Array("o-\(number)".utf8)
            seen.insert(hash(bytes.span))
            keys += 1
        }
        for length in 0..<64 {
            let zeros = [UInt8](repeating: 0, count: length)
            seen.insert(hash(zeros.span))
            keys += 1
        }
        #expect(seen.count == keys)
    }
}
