import Configuration
import Domain
import Publishing
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct DriftTests {
    /// Known customers buy every other day of the first half of September, which no model could know.
    private func rush(_ shop: SmallShop) throws {
        try shop.query(
            """
            INSERT INTO purchases SELECT 'c' || c, date '2024-09-01' + k, 20
            FROM generate_series(1, 150) AS c, generate_series(1, 13, 2) AS k
            """
        )
    }

    @Test("who goes on as forecast keeps the models, and the run says how well")
    func none() throws {
        let shop = try SmallShop()
        #expect(try shop.run("r-1").drift == nil, "nothing has come since the fit")
        #expect(try shop.run("r-2", asOf: "2024-09-06").drift == nil, "six days tell nothing")
        // Two customers a day go on for a fortnight, as the models of so few repeaters expect.
        try shop.query(
            """
            INSERT INTO purchases SELECT 'c' || 7 * d + k, date '2024-09-01' + d, 40
            FROM generate_series(0, 13) AS d, generate_series(1, 2) AS k
            """
        )
        let result = try shop.run("r-3", asOf: "2024-09-14")
        let drift = try #require(result.drift)
        #expect(drift.version == "v000001" && drift.sinceFit.horizonDays == 14)
        #expect(drift.deviations <= Drift.usualLimit, "\(drift.sentence)")
        #expect(result.models.allSatisfy { !$0.trained && $0.version == "v000001" })
        let metrics = try shop.query(
            """
            SELECT model, origin_on, horizon_days, metric FROM clv.model_metrics
            WHERE metric LIKE 'drift%' ORDER BY metric
            """
        )
        let place = ["bg_nbd", "2024-08-31", "14"]
        #expect(
            metrics
                == [
                    place + ["drift"], place + ["drift_purchases_bias"],
                    place + ["drift_spend_bias"],
                ]
        )
    }

    @Test("customers who change fit the models anew at once, once")
    func found() throws {
        let shop = try SmallShop()
        try shop.run("r-1")
        try rush(shop)
        let result = try shop.run("r-2", asOf: "2024-09-14")
        let drift = try #require(result.drift)
        #expect(drift.deviations > Drift.usualLimit && drift.version == "v000001")
        #expect(result.models.allSatisfy { $0.trained && $0.version == "v000002" })
        let reason = "\(drift.sentence), the limit is 3.0"
        #expect(result.models.first?.reason.hasPrefix(reason) == true)
        let next = try shop.run("r-3", asOf: "2024-09-15")
        #expect(next.models.allSatisfy { !$0.trained && $0.version == "v000002" })
    }

    @Test("a higher limit keeps the models, and so does a source that has fallen silent")
    func kept() throws {
        var shop = try SmallShop()
        shop.job.timing.maxDrift = 1000
        try shop.run("r-1")
        try rush(shop)
        #expect(try shop.run("r-2", asOf: "2024-09-14").models.first?.trained == false)
        let silent = try SmallShop()
        try silent.run("r-1")
        let result = try silent.run("r-2", asOf: "2024-10-14")
        #expect(result.drift == nil && result.models.first?.trained == false)
    }

    @Test("newest days that have not come, and parts of a week, are not judged")
    func late() throws {
        let shop = try SmallShop()
        // Twenty orders on each day up to the twelfth of September.
        try shop.query(
            """
            INSERT INTO purchases
            SELECT DISTINCT 'd' || (d * 7919 + k * 613) % 400, date '2024-02-01' + d, 30
            FROM generate_series(0, 224) AS d, generate_series(1, 20) AS k
            """
        )
        try shop.run("r-1")
        for (run, asOf) in [("r-2", "2024-09-12"), ("r-3", "2024-09-14"), ("r-4", "2024-09-15")] {
            let result = try shop.run(run, asOf: asOf)
            let drift = try #require(result.drift)
            #expect(drift.sinceFit.horizonDays == 7, "as of \(asOf)")
            #expect(drift.deviations <= Drift.usualLimit, "as of \(asOf): \(drift.sentence)")
            #expect(result.models.allSatisfy { $0.version == "v000001" })
        }
    }

    @Test("the schema of the version before is enough, and tells of drift once it is migrated")
    func oldSchema() throws {
        var shop = try SmallShop()
        shop.autoMigrate = false
        let role = try shop.database.role("reader")
        func migrate(to last: Int? = nil) throws -> [Int] {
            try Migrations.migrate("clv", to: last, on: shop.database.connect()).map(\.number)
        }
        #expect(try migrate(to: 1) == [1])
        try shop.query("GRANT SELECT ON clv.freshness TO \"\(role)\"")
        try shop.run("r-1")
        try rush(shop)
        shop.job.timing.maxDrift = 1000
        let drift = try #require(try shop.run("r-2", asOf: "2024-09-14").drift)
        let columns = """
            SELECT count(*) FROM information_schema.columns
            WHERE table_name = 'freshness' AND column_name IN ('drift', 'drift_days')
            """
        #expect(try shop.query(columns) == [["0"]])
        #expect(try migrate() == [2])
        let told = "SELECT drift, drift_days FROM clv.freshness"
        let row = try shop.query(told)[0]
        #expect(row[0].flatMap { Double($0) } == drift.deviations && row[1] == "14")
        // The comparison is the version's: a new one has none.
        shop.job.timing.maxDrift = 3
        try shop.run("r-3", asOf: "2024-09-14")
        #expect(try shop.query(told) == [[nil, nil]])
        let right = "SELECT has_table_privilege('\(role)', 'clv.freshness', 'SELECT')"
        #expect(try shop.query(right) == [["t"]])
    }
}
