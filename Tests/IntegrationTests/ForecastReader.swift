import Glibc
import Postgres
import Synchronization
import TestSupport

/// Reads the published forecast again and again, as an application would, while things are killed.
final class ForecastReader: Sendable {
    /// What one statement shows of everything that is published.
    struct Answer: Hashable, Sendable {
        /// The least and the greatest, to see whether two forecasts mix.
        var asOf: [String]
        /// Rows and sums, of view `customers` and of all horizons.
        var figures: [String]

        var isEmpty: Bool { asOf == ["", ""] }
    }

    private struct Shared {
        var isStopped = false
        var answers: [Answer: Int] = [:]
        var failures = 0
        /// How often there was nothing to see where there had been something.
        var gaps = 0
    }

    private static let sums =
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
                    if let answer = try connection.map(read) { take(answer) }
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

    var gaps: Int { shared.withLock(\.gaps) }

    private func take(_ answer: Answer) {
        shared.withLock {
            if !answer.isEmpty {
                $0.answers[answer, default: 0] += 1
            } else if !$0.answers.isEmpty {
                $0.gaps += 1
            }
        }
    }

    private func connect() throws -> Connection {
        let connection = try database.connect()
        // Compiling the query would take many times as long as running it.
        try connection.execute("SET jit = off")
        return connection
    }

    private func read(_ connection: Connection) throws -> Answer {
        let rows = try connection.execute(
            """
            SELECT * FROM
                (SELECT min(as_of_on), max(as_of_on), \(ForecastReader.sums) FROM clv.customers) AS c,
                (SELECT \(ForecastReader.sums) FROM clv.customer_predictions) AS p
            """
        )
        return answer(rows, 0)
    }

    /// What each publication holds, read one by one.
    func publications() throws -> Set<Answer> {
        let rows = try database.connect().execute(
            """
            SELECT min(as_of_on), max(as_of_on),
                count(*) FILTER (WHERE is_shown),
                sum(expected_purchases::numeric) FILTER (WHERE is_shown),
                sum(expected_spend::numeric) FILTER (WHERE is_shown),
                \(ForecastReader.sums)
            FROM clv.customer_predictions_all JOIN clv.publications USING (publication_number),
                LATERAL (SELECT horizon_days = time_period_days AS is_shown) AS s
            GROUP BY publication_number
            """
        )
        return Set((0..<rows.count).map { answer(rows, $0) })
    }

    private func answer(_ rows: Rows, _ row: Int) -> Answer {
        let cells = (0..<rows.columnCount).map { rows[row, $0] ?? "" }
        return Answer(asOf: Array(cells[..<2]), figures: Array(cells[2...]))
    }
}
