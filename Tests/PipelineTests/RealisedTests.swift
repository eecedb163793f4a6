import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct RealisedTests {
    @Test("a run scores earlier publications whose horizon has passed, each horizon once")
    func scored() throws {
        let shop = try SmallShop()
        try shop.run("r-1", asOf: "2024-06-30")
        try shop.run("r-2", asOf: "2024-07-29")
        let count = "SELECT count(*) FROM clv.realised_metrics"
        #expect(try shop.query(count) == [["0"]])
        // Customers that nobody knew on the first day, and one who is forgotten.
        try shop.query(
            """
            INSERT INTO purchases VALUES ('new-1', '2024-07-10', 5), ('new-2', '2024-07-29', 7),
                ('new-2', '2024-07-30', 8), ('new-2', '2024-07-31', 9), ('new-3', '2024-08-01', 9)
            """
        )
        try shop.query("DELETE FROM purchases WHERE customer = 'c6'")
        try shop.run("r-3", asOf: "2024-07-30")
        let known = try shop.query(
            """
            SELECT customer_group, publication_number, horizon_days, as_of_on, realised_on,
                missing_customers FROM clv.realised_metrics ORDER BY 1
            """
        )
        #expect(
            known == [
                ["all", "1", "30", "2024-06-30", "2024-07-30", "1"],
                ["newcomer", "1", "30", "2024-06-30", "2024-07-30", "0"],
                ["one_timer", "1", "30", "2024-06-30", "2024-07-30", "0"],
                ["repeater", "1", "30", "2024-06-30", "2024-07-30", "1"],
            ]
        )
        #expect(try shop.query(differences) == [["4", "4", "4", "4", "3", "3", "3", "t"]])
        try shop.run("r-4", asOf: "2024-07-30")
        #expect(try shop.query(count) == [["4"]])
        try shop.run("r-5", asOf: "2024-08-29")
        #expect(
            try shop.query(
                "SELECT DISTINCT publication_number FROM clv.realised_metrics ORDER BY 1"
            )
                == [["1"], ["2"], ["3"], ["4"]]
        )
    }

    /// What the server itself makes of the rows: how many groups agree, by column.
    private let differences = """
        WITH days AS (
            SELECT customer, day, sum(amount) AS amount FROM purchases
            WHERE day > '2024-06-30' AND day <= '2024-07-30' GROUP BY 1, 2
        ), outcomes AS (
            SELECT customer, count(d.day) AS purchases, coalesce(sum(d.amount), 0) AS spend
            FROM (SELECT DISTINCT customer FROM purchases WHERE day <= '2024-07-30') AS c
                LEFT JOIN days AS d USING (customer) GROUP BY 1
        ), pairs AS (
            SELECT coalesce(p.customer_group, 'newcomer') AS own_group, p.customer_id,
                p.expected_purchases, p.expected_spend, o.purchases, o.spend
            FROM outcomes AS o LEFT JOIN clv.customer_predictions_1 AS p
                ON p.customer_id = o.customer AND p.horizon_days = 30
        ), own AS (
            SELECT g AS customer_group, count(*) FILTER (WHERE customer_id IS NOT NULL
                    OR (g = 'newcomer' AND purchases > 0)) AS customers,
                sum(purchases) AS purchases, sum(spend) AS spend,
                avg(abs(purchases - expected_purchases)) AS mae_purchases,
                avg(abs(spend - expected_spend)) AS mae_spend
            FROM pairs, LATERAL (VALUES (own_group), ('all')) AS v (g)
            GROUP BY 1
        )
        SELECT count(*) FILTER (WHERE m.customers = o.customers),
            count(*) FILTER (WHERE m.actual_purchases = o.purchases),
            count(*) FILTER (WHERE m.actual_spend = o.spend),
            count(*) FILTER (WHERE m.predicted_purchases = t.expected_purchases
                AND m.predicted_spend = t.expected_spend
                AND m.predicted_spend_high = t.expected_spend_high),
            count(*) FILTER (WHERE abs(m.mae_purchases - o.mae_purchases) < 1e-6),
            count(*) FILTER (WHERE abs(m.mae_spend - o.mae_spend) < 1e-3),
            count(*) FILTER (WHERE m.coverage_purchases BETWEEN 0.3 AND 1
                AND m.coverage_spend BETWEEN 0.3 AND 1 AND abs(m.gini_purchases) <= 1
                AND abs(m.gini_spend) <= 1),
            bool_and(measured_at <= now())
        FROM clv.realised_metrics AS m JOIN own AS o USING (customer_group)
            JOIN clv.total_predictions_1 AS t USING (customer_group, horizon_days)
        WHERE m.publication_number = 1
        """
}
