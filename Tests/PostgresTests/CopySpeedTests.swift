import Glibc
import Postgres
import TestSupport
import Testing

/// What libpq's one allocation per row costs, against psql doing the same.
@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .enabled(
        if: unsafe getenv("CLVD_MEASURE") != nil,
        "it takes minutes: set CLVD_MEASURE=1 and build for release"
    ),
    .serialized,
    .timeLimit(.minutes(10))
)
struct CopySpeedTests {
    private func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try work()
        let spent = (ContinuousClock.now - start).components
        return Double(spent.seconds) + Double(spent.attoseconds) / 1e18
    }

    @Test("four million rows come out within 1.3 times what psql needs to throw them away")
    func copyOut() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        try connection.executeScript(
            """
            CREATE TABLE purchases AS
            SELECT 'c' || (n % 1000000) AS user_id, date '2024-01-01' + n % 700 AS days,
                (n % 9973) / 7.0::float8 AS amount
            FROM generate_series(1, 4000000) AS n
            """
        )
        try connection.execute("VACUUM purchases")
        let copy = "COPY (SELECT * FROM purchases) TO STDOUT (FORMAT binary)"
        let psql =
            "\(PrivateCluster.programs)/psql -h \(database.directory) -d \(database.name) "
            + "-U \(PrivateCluster.superuser) -c '\(copy)' >/dev/null"
        var ours: [Double] = []
        var theirs: [Double] = []
        var bytes = 0
        for _ in 1...3 {
            theirs.append(seconds { unsafe system(psql) })
            bytes = 0
            ours.append(
                try seconds {
                    try connection.transaction(.readOnlySnapshot) {
                        try connection.copyOut(copy) { bytes += $0.count }
                    }
                }
            )
        }
        let ratio = (ours.min() ?? .nan) / (theirs.min() ?? .nan)
        let line = "copy out 4000000 rows (\(bytes / 1_000_000) MB): \(ours) s, psql \(theirs) s\n"
        unsafe write(2, line, line.utf8.count)
        #expect(ratio <= 1.3)
    }
}
