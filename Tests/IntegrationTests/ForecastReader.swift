import Glibc
import Postgres
import Synchronization
import TestSupport

/// Reads the published forecast again and again, as an application would, while things are killed.
final class ForecastReader: Sendable {
    /// What one SQL snapshot shows: rows and sums of everything that is published.
    struct Answer: Hashable, Sendable {
        var publication: String
        var rows: String
        var purchases: String
        var spend: String
    }

    private struct Shared {
        var isStopped = false
        var answers: [Answer: Int] = [:]
        var failures = 0
    }

    private static let columns =
        "count(*), sum(expected_purchases::numeric), sum(expected_spend::numeric)"

    private let database: TestDatabase
    private let shared = Mutex(Shared())

    init(_ database: TestDatabase) { self.database = database }

    /// Begins to read in a thread of its own.
    func start() -> InThread<Void> {
        InThread { [self] in
            var connection: Connection?
            while !shared.withLock(\.isStopped) {
                do {
                    if connection?.isUsable != true { connection = try connect() }
                    if let answer = try connection.map(read) {
                        shared.withLock { $0.answers[answer, default: 0] += 1 }
                    }
                } catch {
                    connection = nil
                    shared.withLock { $0.failures += 1 }
                }
                usleep(10_000)
            }
        }
    }

    func stop() { shared.withLock { $0.isStopped = true } }

    /// Every different answer, and how often it came.
    var answers: [Answer: Int] { shared.withLock(\.answers) }

    private func connect() throws -> Connection {
        let connection = try database.connect()
        // Compiling the query would take many times as long as running it.
        try connection.execute("SET jit = off")
        return connection
    }

    private func read(_ connection: Connection) throws -> Answer {
        let rows = try connection.execute(
            """
            SELECT (SELECT publication_number FROM clv.current_publications),
                \(ForecastReader.columns) FROM clv.customer_predictions
            """
        )
        return answer(rows)
    }

    /// What each publication holds, read one by one.
    func publications() throws -> Set<Answer> {
        let rows = try database.connect().execute(
            """
            SELECT publication_number, \(ForecastReader.columns)
            FROM clv.customer_predictions_all GROUP BY 1
            """
        )
        return Set((0..<rows.count).map { answer(rows, $0) })
    }

    private func answer(_ rows: Rows, _ row: Int = 0) -> Answer {
        Answer(
            publication: rows[row, 0] ?? "",
            rows: rows[row, 1] ?? "",
            purchases: rows[row, 2] ?? "",
            spend: rows[row, 3] ?? ""
        )
    }
}
