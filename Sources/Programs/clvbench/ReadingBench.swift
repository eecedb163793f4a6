import Configuration
import Domain
import Ingestion
import Postgres

/// The source as a run reads it, beside a bare binary COPY of the same query that is thrown away:
/// `clvbench reading SOCKET [CUSTOMERS]`.
struct ReadingBench {
    private static let rounds = 5

    private let customers: Int
    private let connection: Connection

    init(socket: String, rows customers: Int) throws {
        self.customers = customers
        connection = try benchDatabase(socket)()
    }

    static func run(socket: String, rows customers: Int) throws {
        try print("{\(ReadingBench(socket: socket, rows: customers).figures())}")
    }

    /// Amounts in cents, as shops have them, and quotients, which have far more digits.
    func figures() throws -> String {
        try makePurchases()
        let cents = try compare("SELECT user_id, days, cents AS amount FROM purchases")
        let quotients = try compare("SELECT user_id, days, quotient AS amount FROM purchases")
        return """
            "purchases":\(4 * customers),\
            "copy_out_seconds":\(rounded(cents.bare)),\
            "read_seconds":\(rounded(cents.ours)),\
            "read_ratio":\(rounded(cents.ours / cents.bare)),\
            "read_quotients_ratio":\(rounded(quotients.ours / quotients.bare))
            """
    }

    /// In no order, as in a table that has lived.
    private func makePurchases() throws {
        try connection.executeScript(
            """
            DROP TABLE IF EXISTS purchases;
            CREATE TABLE purchases AS
            SELECT 'user_' || abs(hashint8(n)::bigint) % \(customers) AS user_id,
                date '2024-01-01' + n % 700 AS days,
                (n % 9973 / 100.0)::numeric(12, 2) AS cents, (n % 9973)::numeric / 7 AS quotient
            FROM generate_series(1, \(4 * customers)) AS n;
            """
        )
        try connection.execute("VACUUM ANALYZE purchases")
    }

    /// The median seconds of a bare COPY and of our reading, in turns, so that the machine's moods
    /// meet both.
    private func compare(_ query: String) throws -> (bare: Double, ours: Double) {
        let source = PostgresSource(
            query: query,
            columns: .init(customer: "user_id", time: "days", amount: "amount", order: nil),
            timeZone: "UTC",
            zoneDay: { $0.utcDay }
        )
        var bare: [Double] = []
        var ours: [Double] = []
        for _ in 1...Self.rounds {
            bare.append(try timed { try throwAway(query) })
            ours.append(try timed { _ = try source.read(from: connection) })
        }
        return (median(bare), median(ours))
    }

    private func throwAway(_ query: String) throws {
        try connection.transaction(.readOnlySnapshot) {
            try connection.copyOut("COPY (\(query)) TO STDOUT (FORMAT binary)") { _ in }
        }
    }
}

/// Connects to the database of the benchmarks.
func benchDatabase(_ socket: String) -> @Sendable () throws -> Connection {
    var settings = ConnectionSettings()
    settings.server = socket
    settings.database = "bench"
    settings.user = "clvd"
    return { [settings] in try Connection(settings, applicationName: "clvbench") }
}
