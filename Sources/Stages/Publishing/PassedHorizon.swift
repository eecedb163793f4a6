package import Domain
package import Postgres

/// A horizon of a publication that is still kept, whose last day is known by now.
///
/// How its forecast did goes to `realised_metrics`, once.
package struct PassedHorizon: Sendable {
    package let publication: Int
    package let days: Int
    package let asOf: Day

    /// Those that nobody has scored yet, but for publications whose removal has begun; `asOf` is the last day whose purchases are known now.
    package static func all(
        by asOf: Day,
        in destination: Destination,
        on connection: Connection
    ) throws -> [PassedHorizon] {
        let rows = try connection.transaction(.readOnlySnapshot) {
            try connection.execute(
                """
                SELECT p.publication_number, h.days, p.as_of_on
                FROM \(destination.table("publications")) AS p,
                    unnest(p.horizons_days) AS h (days)
                WHERE p.tenant_id = $1 AND p.job_name = $2 AND p.removing_at IS NULL
                    AND p.as_of_on + h.days <= $3::date AND NOT EXISTS (
                        SELECT FROM \(destination.table("realised_metrics")) AS m
                        WHERE m.tenant_id = p.tenant_id AND m.horizon_days = h.days
                            AND m.publication_number = p.publication_number)
                ORDER BY 1, 2
                """,
                [destination.tenant, destination.job, asOf.description]
            )
        }
        return (0..<rows.count).compactMap { row in
            guard let number = rows.integer(row, 0), let days = rows.integer(row, 1),
                let asOf = rows[row, 2].flatMap({ Day($0) })
            else { return nil }
            return PassedHorizon(publication: number, days: days, asOf: asOf)
        }
    }

    /// Reads what was published of each customer, in the order of their ids, and the totals.
    ///
    /// No row is kept, so that memory does not grow with the publication.
    package func read(
        in destination: Destination,
        on connection: Connection,
        _ body: (_ customer: Span<UInt8>, PublishedForecast) throws -> Void
    ) throws -> [ForecastTotal] {
        try connection.transaction(.readOnlySnapshot) {
            guard let partitions = try Partitions.find(in: destination, on: connection) else {
                return []
            }
            let totals = try PastPublication.totals(
                of: publication,
                in: destination,
                on: connection
            )
            let leaf = partitions.leaf(.customerPredictions, publication)
            var isFirst = true
            try connection.copyOut(copyStatement(leaf)) { block in
                var fields = BinaryFields(block, isFirst: isFirst)
                isFirst = false
                while fields.beginRow() { try PassedHorizon.takeRow(&fields, body) }
            }
            return totals.filter { $0.horizonDays == days }
        }
    }

    private func copyStatement(_ leaf: String) -> String {
        """
        COPY (
            SELECT customer_id, customer_group = 'repeater', return_probability,
                expected_purchases, expected_purchases_low, expected_purchases_high,
                expected_spend::double precision, expected_spend_low::double precision,
                expected_spend_high::double precision
            FROM \(leaf) WHERE horizon_days = \(days) ORDER BY customer_id
        ) TO STDOUT (FORMAT binary)
        """
    }

    private static func takeRow(
        _ fields: inout BinaryFields,
        _ body: (Span<UInt8>, PublishedForecast) throws -> Void
    ) throws {
        guard let customer = fields.field() else { return }
        func ranged(_ fields: inout BinaryFields) -> Ranged? {
            let (expected, low, high) = (fields.double(), fields.double(), fields.double())
            return expected.map { Ranged($0, low: low, high: high) }
        }
        let forecast = PublishedForecast(
            isRepeater: fields.boolean(),
            returnProbability: fields.double(),
            purchases: ranged(&fields),
            spend: ranged(&fields)
        )
        try fields.with(customer) { try body($0, forecast) }
    }

    /// Writes the scores; nothing is written where another run has been quicker.
    package func write(
        _ scores: [RealisedForecast],
        in destination: Destination,
        on connection: Connection
    ) throws {
        try connection.transaction {
            for score in scores {
                let key = [
                    destination.tenant, destination.job, String(publication), String(days),
                    score.group.rawValue, asOf.description, (asOf + days).description,
                    String(score.customers), String(score.missingCustomers),
                ]
                let values = key + columns(score.purchases) + columns(score.spend)
                let places = values.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
                try connection.execute(
                    """
                    INSERT INTO \(destination.table("realised_metrics"))
                    VALUES (\(places), now()) ON CONFLICT DO NOTHING
                    """,
                    values
                )
            }
        }
    }

    /// In the order of `RealisedMetrics.columns(of:)`.
    private func columns(_ quantity: RealisedForecast.Quantity?) -> [String?] {
        let values = [
            quantity?.predicted.expected, quantity?.predicted.low, quantity?.predicted.high,
            quantity?.actual, quantity?.meanAbsoluteError, quantity?.coverage, quantity?.gini,
        ]
        return values.map { $0.map { "\($0)" } }
    }
}
