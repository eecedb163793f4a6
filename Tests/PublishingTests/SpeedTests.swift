import Domain
import Glibc
import Postgres
import Publishing
import TestSupport
import Testing

/// A million rows against a bare COPY of the same rows; measured in release builds only.
@Suite(
    hasPostgres,
    .enabled(
        if: unsafe getenv("CLVD_MEASURE") != nil,
        "it takes minutes: set CLVD_MEASURE=1 and build for release"
    ),
    .serialized,
    .timeLimit(.minutes(20))
)
struct SpeedTests {
    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        let spent = (ContinuousClock.now - start).components
        return Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    }

    /// Copies the rows of a partition into a fresh table and makes its key.
    private func bareCopy(_ blocks: [[UInt8]], _ name: String, in shop: Shop) throws -> Double {
        let connection = try shop.database.connect()
        try connection.execute("CREATE TABLE \(name) (LIKE clv.customer_predictions_all)")
        return try seconds {
            try connection.transaction {
                let writer = try connection.copyIn("COPY \(name) FROM STDIN (FORMAT binary)")
                for block in blocks { try writer.write(block.span) }
                _ = try writer.finish()
                try connection.execute(
                    "ALTER TABLE \(name) ADD PRIMARY KEY (customer_id, horizon_days)"
                )
            }
        }
    }

    @Test("a million rows are published within 1.5 times a bare COPY, again within 2 times")
    func million() throws {
        let shop = try Shop()
        let pool = numberedCustomers(1_000_000)
        _ = try shop.publish(RunRecord(runID: "warm"), customers: pool)
        var blocks: [[UInt8]] = []
        let connection = try shop.database.connect()
        try connection.copyOut("COPY clv.customer_predictions_1 TO STDOUT (FORMAT binary)") {
            blocks.append($0)
        }
        _ = try shop.query("DELETE FROM clv.current_publications")
        // Taken in turns, so that the machine's moods meet both.
        var bare = [try bareCopy(blocks, "bare_1", in: shop)]
        let first = try seconds { try shop.publish(RunRecord(runID: "1"), customers: pool) }
        bare.append(try bareCopy(blocks, "bare_2", in: shop))
        let again = try seconds { try shop.publish(RunRecord(runID: "2"), customers: pool) }
        bare.append(try bareCopy(blocks, "bare_3", in: shop))
        let bytes = blocks.reduce(0) { $0 + $1.count }
        let best = bare.min() ?? .nan
        let line = """
            publish 1000000 rows (\(bytes / 1_000_000) MB): first \(first) s, again \(again) s, \
            bare COPY and key \(bare) s; ratios \(first / best), \(again / best)\n
            """
        unsafe write(2, line, line.utf8.count)
        #expect(first <= 1.5 * best)
        #expect(again <= 2 * best)
    }
}
