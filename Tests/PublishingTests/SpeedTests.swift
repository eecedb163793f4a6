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

    @Test("row-level security adds at most a fifth to reading a million rows")
    func guardedReading() throws {
        let mall = try Mall(byOwner: false)
        try mall.shop(0).publish(RunRecord(runID: "1"), customers: numberedCustomers(1_000_000))
        try mall.shop(1).publish(RunRecord(runID: "1"), customers: numberedCustomers(10))
        let sessions = try [mall.database.connect(), mall.connect(0)]
        for connection in sessions {
            try connection.execute("SET max_parallel_workers_per_gather = 0")
        }
        for (what, sql) in [
            ("sum", "SELECT count(*), sum(expected_spend) FROM clv.customer_predictions"),
            ("every column", "SELECT count(t), max(t::text) FROM clv.customers AS t"),
            ("one customer", "SELECT * FROM clv.customers WHERE customer_id = 'c0500000'"),
        ] {
            var best = [Double.infinity, .infinity]
            for _ in 0..<5 {
                for (index, connection) in sessions.enumerated() {
                    let spent = try seconds { _ = try connection.execute(sql) }
                    best[index] = min(best[index], spent)
                }
            }
            let line = "\(what): without policies \(best[0]) s, with \(best[1]) s\n"
            unsafe write(2, line, line.utf8.count)
            if what != "one customer" { #expect(best[1] < 1.2 * best[0]) }
        }
    }
}
