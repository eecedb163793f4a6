import Domain
import Glibc
import Ingestion
import Postgres
import TestSupport
import Testing

/// Reading and decoding against a COPY of the same query into nothing; in release builds only.
@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .enabled(
        if: unsafe getenv("CLVD_MEASURE") != nil,
        "it takes minutes: set CLVD_MEASURE=1 and build for release"
    ),
    .serialized,
    .timeLimit(.minutes(10))
)
struct ReadSpeedTests {
    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        let spent = (ContinuousClock.now - start).components
        return Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    }

    @Test("four million rows are read within 1.3 times what psql needs to throw them away")
    func read() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        try connection.executeScript(
            """
            CREATE TABLE purchases AS
            SELECT 'c' || (n * 7919 % 1000000) AS user_id, date '2024-01-01' + n % 700 AS days,
                (n % 9973)::numeric / 7 AS amount
            FROM generate_series(1, 4000000) AS n
            """
        )
        try connection.execute("VACUUM purchases")
        let query = "SELECT user_id, days, amount FROM purchases"
        let psql =
            "\(PrivateCluster.programs)/psql -h \(database.directory) -d \(database.name) "
            + "-U \(PrivateCluster.superuser) "
            + "-c 'COPY (\(query)) TO STDOUT (FORMAT binary)' >/dev/null"
        func source(_ spooling: Spooling?) -> PostgresSource {
            PostgresSource(
                query: query,
                columns: shopColumns,
                timeZone: "UTC",
                spooling: spooling,
                zoneDay: { $0.utcDay }
            )
        }
        var (bare, held, spooled) = ([Double](), [Double](), [Double]())
        for _ in 1...3 {
            bare.append(seconds { unsafe system(psql) })
            var count = 0
            held.append(try seconds { count = try source(nil).read(from: connection).count })
            #expect(count == 4_000_000)
            let disk = source(Spooling(memoryLimit: 64 << 20))
            spooled.append(try seconds { _ = try disk.read(from: connection) })
        }
        let line = "read 4000000 rows: \(held) s, through the disk \(spooled) s, psql \(bare) s\n"
        unsafe write(2, line, line.utf8.count)
        #expect((held.min() ?? .nan) <= 1.3 * (bare.min() ?? .nan))
    }
}
