import Domain
import Postgres

extension Publication {
    /// Refuses a forecast that is too far from the one that readers see now.
    ///
    /// A source that lost its rows, or has them twice, makes a forecast that is right in itself.
    func refuseLargeShift() throws {
        guard let limit = header.maxTotalShift else { return }
        let destination = ledger.destination
        let rows = try connection.execute(
            """
            WITH sides AS (
                SELECT o.publication_number AS old, n.publication_number AS new,
                    o.customers AS old_customers, n.customers AS new_customers
                FROM \(destination.table("current_publications")) AS c
                    JOIN \(destination.table("publications")) AS o USING (tenant_id, job_name,
                        publication_number)
                    JOIN \(destination.table("publications")) AS n
                    ON n.tenant_id = c.tenant_id AND n.publication_number = $3
                        AND n.currency IS NOT DISTINCT FROM o.currency
                WHERE c.tenant_id = $1 AND c.job_name = $2
            ), totals AS (
                SELECT t.publication_number AS number, horizon_days,
                    expected_spend AS spend, expected_purchases AS purchases
                FROM sides, \(destination.table(BulkTable.totalPredictions.rootName)) AS t
                WHERE t.tenant_id = $1 AND t.publication_number IN (sides.old, sides.new)
                    AND t.customer_group = 'all'
            ), pairs AS (
                SELECT 'customers' AS what, old_customers AS old, new_customers AS new FROM sides
                UNION ALL
                SELECT 'the total of ' || o.horizon_days || ' days',
                    CASE WHEN n.spend IS NULL THEN o.purchases ELSE coalesce(o.spend, o.purchases) END,
                    CASE WHEN o.spend IS NULL THEN n.purchases ELSE coalesce(n.spend, n.purchases) END
                FROM sides JOIN totals AS o ON o.number = sides.old
                    JOIN totals AS n ON n.number = sides.new AND n.horizon_days = o.horizon_days
            )
            SELECT format('%s: %s before, %s now', what, round(old::numeric, 2),
                round(new::numeric, 2))
            FROM pairs
            WHERE old > 0 AND greatest(old, new) > (1 + $4::double precision) * least(old, new)
            """,
            [destination.tenant, destination.job, String(number), "\(limit)"]
        )
        guard rows.count > 0 else { return }
        throw PublishingError(
            "total_shift",
            "the new forecast of \"\(destination.job)\" is too far from the one before and was "
                + "not published",
            cause: (0..<rows.count).compactMap { rows[$0, 0] }.joined(separator: "; "),
            fix: "look for missing or doubled rows in the source; if it is right, raise "
                + "max_total_shift for one run",
            .refused
        )
    }
}
