import Domain

/// The names that readers use: always the current publication, whole.
enum Views {
    static let tenant = TableColumn.required("tenant_id", "text", "the company")
    static let job = TableColumn.required("job_name", "text", "the job")

    /// As the first migration makes them.
    static func first(in schema: String) -> [View] {
        BulkTable.allCases.map { current($0, in: schema) } + [
            customers(in: schema), results(in: schema), firstFreshness(in: schema),
        ]
    }

    static let names = first(in: "").map(\.name)

    private static func current(_ table: BulkTable, in schema: String) -> View {
        View(
            name: table.rawValue,
            comment: table.comment,
            columns: [(tenant, "v.tenant_id"), (job, "v.job_name")]
                + table.columns.map { ($0, "p.\($0.name)") },
            source: currentRows(of: table, in: schema)
        )
    }

    /// The rows of the current publications.
    ///
    /// The server looks for partitions when it plans, and for the current publication when it
    /// runs. A plan can be older than a publication, by an instant or, prepared in a transaction,
    /// by minutes; it would find no rows at all. So `v` is the newest publication up to the
    /// current one that the plan has the rows of (each has totals); it stands before `p`, because
    /// partitions are looked for in this order and `p` must not know fewer.
    ///
    /// A condition on tenant_id reaches both, as a column that `v` is made distinct on and by the
    /// join's condition: so a query for one tenant plans and locks no other's partitions.
    ///
    /// The last ORDER BY sorts nothing, because its column is constant; it keeps the planner from
    /// merging the subquery into a hash join over every publication that is kept. So the one
    /// partition is chosen when the query runs, and conditions still reach its index.
    private static func currentRows(of table: BulkTable, in schema: String) -> String {
        """
        (
            SELECT DISTINCT ON (u.tenant_id, u.job_name) u.*
            FROM \(schema).current_publications AS c JOIN \(schema).publications AS u
                ON u.tenant_id = c.tenant_id AND u.job_name = c.job_name AND u.removed_at IS NULL
                AND u.publication_number <= c.publication_number
            WHERE EXISTS (
                SELECT FROM \(schema).\(BulkTable.totalPredictions.rootName) AS k
                WHERE k.tenant_id = u.tenant_id AND k.publication_number = u.publication_number)
            ORDER BY u.tenant_id, u.job_name, u.publication_number DESC
        ) AS v
        JOIN LATERAL (
            SELECT a.* FROM \(schema).\(table.rootName) AS a
            WHERE a.tenant_id = v.tenant_id AND a.publication_number = v.publication_number
            ORDER BY a.publication_number
        ) AS p ON p.tenant_id = v.tenant_id
        """
    }

    private static func customers(in schema: String) -> View {
        let published = BulkTable.customerPredictions.columns
        return View(
            name: "customers",
            comment: "one row per customer: the forecast for the job's time_period",
            columns: [
                (tenant, "v.tenant_id"), (job, "v.job_name"),
                (
                    .required("as_of_on", "date", "the last day whose purchases are known"),
                    "v.as_of_on"
                ),
                (.optional("currency", "text", "of all amounts, as configured"), "v.currency"),
            ] + published.map { ($0, "p.\($0.name)") },
            source: currentRows(of: .customerPredictions, in: schema)
                + "\nWHERE p.horizon_days = v.time_period_days"
        )
    }

    /// The long table that users of the reference projects know.
    ///
    /// Customers whose purchases are not forecast one by one have their next purchase here.
    private static func results(in schema: String) -> View {
        View(
            name: "results",
            comment: "one row per forecast purchase, and per period for customers not seen yet; "
                + "per purchase day of the past too with include_actual",
            columns: [
                (tenant, "r.tenant_id"), (job, "r.job_name"),
                (
                    .required("customers", "text", "the customer, or newcomers for all new ones"),
                    "r.customers"
                ),
                (.required("data_type", "text", "actual or prediction"), "r.data_type"),
                (
                    .optional("time_indicator", "date", "day of the purchase, or of the period"),
                    "r.time_indicator"
                ),
                (
                    .optional("amount_indicator", "numeric(18,4)", "its amount, or the period's"),
                    "r.amount_indicator"
                ),
            ],
            source: """
                (
                    SELECT tenant_id, job_name, customer_id AS customers,
                        'prediction' AS data_type, expected_on AS time_indicator,
                        expected_amount AS amount_indicator
                    FROM \(schema).purchase_predictions
                    UNION ALL
                    SELECT tenant_id, job_name, customer_id, 'prediction', next_purchase_on,
                        expected_average_spend
                    FROM \(schema).customers AS c
                    WHERE next_purchase_on IS NOT NULL AND NOT EXISTS (
                        SELECT FROM \(schema).purchase_predictions AS p
                        WHERE p.tenant_id = c.tenant_id AND p.job_name = c.job_name
                            AND p.customer_id = c.customer_id)
                    UNION ALL
                    SELECT tenant_id, job_name, 'newcomers', 'prediction', period_start_on, spend
                    FROM \(schema).newcomer_predictions
                    UNION ALL
                    SELECT tenant_id, job_name, customer_id, 'actual', purchased_on, amount
                    FROM \(schema).actual_purchases
                ) AS r
                """
        )
    }
}
