import Domain
import Postgres
import TestSupport
import Testing

@testable import Ingestion

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct NumericTests {
    /// Decimals of every length and size that a shop has, and far beyond.
    private func decimal(_ random: inout SeededNumbers) -> String {
        let count = Int.random(in: 1...(Bool.random(using: &random) ? 24 : 45), using: &random)
        var digits = (0..<count).map { _ in "\(Int.random(in: 0...9, using: &random))" }.joined()
        switch Int.random(in: 0..<8, using: &random) {
        case 0: digits += String(repeating: "0", count: Int.random(in: 0...320, using: &random))
        case 1:
            let zeros = String(repeating: "0", count: Int.random(in: 0...340, using: &random))
            digits = "0." + zeros + digits
        case 2: break
        default:
            let cut = Int.random(in: 0...count, using: &random)
            digits = "0" + digits.prefix(cut) + "." + digits.dropFirst(cut) + "0"
        }
        return (Bool.random(using: &random) ? "-" : "") + digits
    }

    /// Halfway between two Doubles, or so near to it that only the last digit tells.
    private func nearTie(_ random: inout SeededNumbers) -> String {
        let halves = UInt128(1) << 53 + UInt128.random(in: 0..<1 << 53, using: &random) | 1
        let places = Int.random(in: 0...24, using: &random)
        var scaled = halves
        for _ in 0..<places { scaled *= 5 }
        var digits = String(scaled)
        if digits.count <= places {
            digits = String(repeating: "0", count: places + 1 - digits.count) + digits
        }
        let text = digits.dropLast(places) + "." + digits.suffix(places)
        return text + (Bool.random(using: &random) ? "" : "000000000001")
    }

    @Test("numerics of any size are the Doubles that the C library reads in their text")
    func nearest() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededNumbers(state: seed)
        var texts = (0..<10_000).map { _ in decimal(&random) }
        texts += (0..<10_000).map { _ in nearTie(&random) }
        texts += ["0", "0.00", "9007199254740993", "99999999.99", "0.1", "1e131071", "1e-16383"]
        let connection = try TestDatabase().connect()
        let values = texts.map { "('\($0)'::numeric)" }.joined(separator: ",")
        // Afterwards an id says what the amount of its row is.
        try connection.executeScript(
            """
            CREATE TABLE purchases AS SELECT md5(n::text) AS user_id, n::text AS written, n AS amount,
                date '2024-01-01' AS days FROM (VALUES \(values)) AS v(n)
            """
        )
        let source = PostgresSource(
            query: "SELECT * FROM purchases",
            columns: shopColumns,
            timeZone: "UTC",
            zoneDay: { $0.utcDay }
        )
        guard case .held(let rows) = try source.read(from: connection) else { return }
        let written = try connection.execute("SELECT user_id, written FROM purchases")
        var expected: [String: String] = [:]
        for row in 0..<written.count { expected[written[row, 0] ?? ""] = written[row, 1] }
        #expect(rows.count == texts.count)
        for row in 0..<rows.count {
            let text = try #require(expected[rows.customers.string(Int(rows.customer[row]))])
            let value = try #require(rows.amount?[row])
            #expect(value.bitPattern == Double(text)?.bitPattern, "seed \(seed): \(text)")
        }
    }
}
