import Domain
import Postgres

/// What must be true of new rows before a reader may see them, asserted by the server.
enum PublicationCheck {
    static func run(
        on publication: Publication,
        expecting rows: Int,
        copied: Int
    ) throws {
        let connection = publication.connection
        let leaf = publication.ledger.destination.leaf(.customerPredictions, publication.number)
        // Compiling a query this short would take longer than running it.
        try connection.executeScript(
            """
            SET LOCAL jit = off;
            ALTER TABLE \(leaf) ADD PRIMARY KEY (\(BulkTable.customerPredictions.leafKey));
            ANALYZE \(leaf)
            """
        )
        let answer = try connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE \(faults)) FROM \(leaf)"
        )
        guard answer.integer(0, 0) == rows, copied == rows else {
            throw broken("\(rows) rows were sent, and \(answer[0, 0] ?? "none") arrived")
        }
        guard answer.integer(0, 1) == 0 else {
            throw broken("\(answer[0, 1] ?? "some") rows hold NaN or a low above its high")
        }
    }

    /// What is wrong with a row, as one condition.
    private static var faults: String {
        let ranges = ForecastField.ranges.map { "\($0.low.name) > \($0.high.name)" }
        let numbers = ForecastField.allCases.compactMap { field in
            // NaN is above infinity in the server's order.
            if case .number = field.kind { "\(field.name) >= 'infinity'" } else { nil }
        }
        return (ranges + numbers).joined(separator: " OR ")
    }

    private static func broken(_ cause: String) -> PublishingError {
        PublishingError(
            "publication_check_failed",
            "the new forecast failed its check and was not published",
            cause: cause,
            fix: "report it with the run's log; the earlier forecast stays visible",
            .refused
        )
    }
}
