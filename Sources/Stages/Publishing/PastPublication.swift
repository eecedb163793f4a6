package import Domain
package import Postgres

/// A publication that serves a run already: its own, made by an attempt that could not tell, or
/// another run's for the same due time.
package struct PastPublication: Sendable {
    package struct Model: Sendable {
        package var name: String
        package var version: String
        /// Whether the run that made the publication was the first to publish with it.
        package var isNew: Bool
    }

    package var number: Int
    package var runID: String
    package var rows: Int
    package var changedRows: Int
    package var models: [Model]
    package var figures: RunFigures
    package var totals: [ForecastTotal]

    /// Nil when the run has still to publish.
    ///
    /// Ask under the lease: then no earlier attempt can publish any more.
    package static func made(
        for run: RunRecord,
        in destination: Destination,
        on connection: Connection
    ) throws -> PastPublication? {
        try connection.transaction(.readOnlySnapshot) {
            let rows = try connection.execute(
                """
                SELECT p.publication_number, p.run_id, p.as_of_on, rows_read, rows_accepted,
                    rows_rejected, rows_after_as_of, newest_purchase_on, r.purchases, p.customers,
                    peak_memory_bytes, p.row_count, p.changed_row_count
                FROM \(destination.table("publications")) AS p
                    JOIN \(destination.table("runs")) AS r USING (tenant_id, run_id)
                WHERE p.tenant_id = $2
                    AND (p.run_id = $1 OR (p.job_name = $3 AND p.due_at = $4))
                """,
                [run.runID, destination.tenant, destination.job, run.dueAt?.stamp]
            )
            guard rows.count > 0, let number = rows.integer(0, 0) else { return nil }
            return PastPublication(
                number: number,
                runID: rows[0, 1] ?? "",
                rows: rows.integer(0, 11) ?? 0,
                changedRows: rows.integer(0, 12) ?? 0,
                models: try models(of: number, in: destination, on: connection),
                figures: figures(rows),
                totals: try totals(of: number, in: destination, on: connection)
            )
        }
    }

    private static func figures(_ rows: Rows) -> RunFigures {
        var account = RowAccount()
        account.read = rows.integer(0, 3) ?? 0
        account.accepted = rows.integer(0, 4) ?? 0
        account.rejected = rows.integer(0, 5) ?? 0
        account.afterAsOf = rows.integer(0, 6) ?? 0
        var figures = RunFigures()
        figures.account = account
        figures.asOf = rows[0, 2].flatMap { Day($0) }
        figures.newestPurchaseOn = rows[0, 7].flatMap { Day($0) }
        figures.purchases = rows.integer(0, 8)
        figures.customers = rows.integer(0, 9)
        figures.peakMemoryBytes = rows.integer(0, 10)
        return figures
    }

    private static func models(
        of number: Int,
        in destination: Destination,
        on connection: Connection
    ) throws -> [Model] {
        let rows = try connection.execute(
            """
            SELECT m.model, m.model_version, m.run_id = p.run_id
            FROM \(destination.table("publications")) AS p
                JOIN \(destination.table("models")) AS m
                USING (tenant_id, job_name, model_version)
            WHERE p.publication_number = $1 AND p.tenant_id = $2 ORDER BY 1
            """,
            [String(number), destination.tenant]
        )
        return (0..<rows.count).map { row in
            Model(
                name: rows[row, 0] ?? "",
                version: rows[row, 1] ?? "",
                isNew: rows.boolean(row, 2)
            )
        }
    }

    static func totals(
        of number: Int,
        in destination: Destination,
        on connection: Connection
    ) throws -> [ForecastTotal] {
        let rows = try connection.execute(
            """
            SELECT horizon_days, customer_group, expected_purchases, expected_purchases_low,
                expected_purchases_high, expected_spend, expected_spend_low, expected_spend_high,
                expected_value, expected_value_low, expected_value_high
            FROM \(destination.table(BulkTable.totalPredictions.rootName))
            WHERE tenant_id = $1 AND publication_number = $2 ORDER BY 1, customer_group
            """,
            [destination.tenant, String(number)]
        )
        return (0..<rows.count).map { row in
            func ranged(_ column: Int) -> Ranged? {
                let values = (column..<column + 3).map { rows[row, $0].flatMap { Double($0) } }
                return values[0].map { Ranged($0, low: values[1], high: values[2]) }
            }
            return ForecastTotal(
                horizonDays: rows.integer(row, 0) ?? 0,
                group: rows[row, 1].flatMap(TotalGroup.init) ?? .all,
                purchases: ranged(2) ?? Ranged(0),
                spend: ranged(5),
                value: ranged(8)
            )
        }
    }
}
