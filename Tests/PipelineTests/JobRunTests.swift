import Configuration
import Domain
import FileSystem
import JSONCoding
import ModelStore
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct JobRunTests {
    @Test("one-timers keep their model with a stored version, and newcomers count in the total")
    func oneTimersAndNewcomers() throws {
        var shop = try SmallShop()
        shop.job.models = ["bg_nbd", "cox", "gamma_gamma"]
        try shop.run("r-1")
        let names = "SELECT model FROM clv.models ORDER BY 1"
        #expect(try shop.query(names) == [["bg_nbd"], ["cox"], ["gamma_gamma"]])
        let forecast = """
            SELECT customer_id, return_probability, expected_purchases, next_purchase_on
            FROM clv.customer_predictions WHERE customer_group = 'one_timer' ORDER BY 1, horizon_days
            """
        let first = try shop.query(forecast)
        #expect(first.count > 50)
        try shop.run("r-2")
        #expect(try shop.query("SELECT DISTINCT model_version FROM clv.models").count == 1)
        #expect(try shop.query(forecast) == first)
        // By rounding of the rows, a thousandth.
        let wrong = """
            SELECT t.horizon_days FROM clv.total_predictions t
            JOIN clv.total_predictions n USING (horizon_days)
            JOIN (SELECT horizon_days, sum(expected_purchases) AS p, sum(expected_spend) AS s
                FROM clv.customer_predictions GROUP BY 1) c USING (horizon_days)
            WHERE t.customer_group = 'all' AND n.customer_group = 'newcomer'
                AND abs(t.expected_purchases - n.expected_purchases - c.p) < 1e-3
                AND abs(t.expected_spend - n.expected_spend - c.s) < 1e-2
                AND n.expected_purchases_low < n.expected_purchases_high
            """
        #expect(try shop.query("\(wrong) ORDER BY 1") == [["30"], ["365"]])
        let periods = try shop.query(
            """
            SELECT count(*), min(period_start_on), max(period_start_on),
                bool_and(new_customers > 0 AND purchases >= new_customers AND spend > 0)
            FROM clv.newcomer_predictions
            """
        )
        #expect(periods == [["13", "2024-09-01", "2025-08-27", "t"]])
    }

    @Test("of two purchase models the first forecasts, in the run that fits and in later ones")
    func twoPurchaseModels() throws {
        var shop = try SmallShop()
        shop.job.models = ["pareto_nbd", "nbd", "gamma_gamma"]
        try shop.run("r-1")
        let forecast = "SELECT DISTINCT model FROM clv.customer_predictions"
        let totals = "SELECT expected_purchases FROM clv.total_predictions ORDER BY 1"
        #expect(try shop.query(forecast) == [["pareto_nbd+gamma_gamma"]])
        let first = try shop.query(totals)
        #expect(try shop.run("r-2").models.map(\.trained) == [false, false, false])
        #expect(try shop.query(forecast) == [["pareto_nbd+gamma_gamma"]])
        #expect(try shop.query(totals) == first)
    }

    @Test("what is published agrees with what the server makes of its own rows")
    func agreed() throws {
        let shop = try SmallShop()
        try shop.run("r-1")
        // The server's cume_dist is the share of rows at or below, its percentile_disc the inverse.
        let wrong = try shop.query(
            """
            WITH facts AS (
                SELECT customer, date '2024-08-31' - max(day) AS since,
                    count(DISTINCT day) AS days, sum(amount) AS total
                FROM purchases GROUP BY customer
            ), cuts AS (
                SELECT percentile_disc('{.2,.4,.6,.8}'::float8[]) WITHIN GROUP (ORDER BY since) AS r,
                    percentile_disc('{.2,.4,.6,.8}'::float8[]) WITHIN GROUP (ORDER BY days) AS f,
                    percentile_disc('{.2,.4,.6,.8}'::float8[]) WITHIN GROUP (ORDER BY total) AS m
                FROM facts
            ), scores AS (
                SELECT customer,
                    5 - (SELECT count(*) FROM unnest(cuts.r) AS c WHERE c < since) AS r,
                    1 + (SELECT count(*) FROM unnest(cuts.f) AS c WHERE c < days) AS f,
                    1 + (SELECT count(*) FROM unnest(cuts.m) AS c WHERE c < total) AS m
                FROM facts, cuts
            ), levels AS (
                SELECT horizon_days, percentile_disc('{.25,.5,.75}'::float8[])
                    WITHIN GROUP (ORDER BY expected_value) AS v
                FROM clv.customer_predictions GROUP BY horizon_days
            ), expected AS (
                SELECT p.*, s.r, s.f, s.m,
                    round(100 * cume_dist() OVER (
                        PARTITION BY p.horizon_days ORDER BY expected_value)::numeric, 2) AS percentile,
                    (ARRAY['Low', 'Mid', 'High', 'Top'])[1 + (
                        SELECT count(*) FROM unnest(l.v) AS c WHERE c < expected_value)] AS level,
                    CASE WHEN s.r + s.f + s.m >= 13 THEN 'Champions'
                        WHEN s.r + s.f + s.m >= 10 THEN 'Loyal Customers'
                        WHEN s.r + s.f + s.m >= 7 THEN 'Potential Loyalists'
                        WHEN s.r + s.f + s.m >= 4 THEN 'At Risk' ELSE 'Lost' END AS named
                FROM clv.customer_predictions AS p
                JOIN scores AS s ON s.customer = p.customer_id
                JOIN levels AS l USING (horizon_days)
            )
            SELECT count(*), count(*) FILTER (WHERE (rfm_recency_score, rfm_frequency_score,
                    rfm_monetary_score, rfm_score) IS DISTINCT FROM (r, f, m, r + f + m)),
                count(*) FILTER (WHERE clv_percentile::numeric IS DISTINCT FROM percentile),
                count(*) FILTER (WHERE clv_level IS DISTINCT FROM level),
                count(*) FILTER (WHERE segment IS DISTINCT FROM named),
                count(*) FILTER (WHERE mismatch IS DISTINCT FROM CASE
                    WHEN named IN ('Champions', 'Loyal Customers') AND level = 'Low'
                        THEN 'Overrated (High RFM, Low CLV)'
                    WHEN named IN ('At Risk', 'Lost') AND level IN ('High', 'Top')
                        THEN 'Underrated (Low RFM, High CLV)'
                    ELSE 'Aligned' END)
            FROM expected
            """
        )
        #expect(wrong == [["600", "0", "0", "0", "0", "0"]])
    }

    @Test("an unchanged job that runs again touches no row, and the next day's run counts changes")
    func changes() throws {
        let shop = try SmallShop()
        let stamps = """
            SELECT count(*), count(DISTINCT changed_at), max(changed_at) FROM clv.customer_predictions
            """
        #expect(
            try shop.run("r-1", asOf: "2024-08-29").published == .init(count: 600, changed: 600)
        )
        let before = try shop.query(stamps)
        #expect(try shop.run("r-2", asOf: "2024-08-29").published == .init(count: 600, changed: 0))
        #expect(try shop.query(stamps) == before)
        let next = try #require(try shop.run("r-3", asOf: "2024-08-30").published)
        #expect(next.changed > 0 && next.changed <= 600 && next.count == 600)
        let since = """
            SELECT count(*) FROM clv.customer_predictions
            WHERE changed_at > '\(before[0][2] ?? "")'
            """
        #expect(try shop.query(since) == [["\(next.changed)"]])
        #expect(
            try shop.query(
                "SELECT changed_row_count FROM clv.publications ORDER BY publication_number"
            )
                == [["600"], ["0"], ["\(next.changed)"]]
        )
        // The same run told again tells the same.
        #expect(try shop.run("r-3", asOf: "2024-08-30").published == next)
    }

    @Test("a memory_limit that cannot be enough is refused with one that may be")
    func memoryLimit() throws {
        var shop = try SmallShop()
        shop.job.timing.memoryLimit = 1 << 20
        let error = #expect(throws: (any Error).self) { try shop.run("r-1") } as? any Problem
        #expect(error?.code == "memory_limit_too_small")
        #expect(error?.fix == "set memory_limit = \"65MiB\", or select fewer customers")
        #expect(try shop.query("SELECT error_code FROM clv.runs") == [["memory_limit_too_small"]])
        shop.job.timing.memoryLimit = 34 << 20
        try shop.run("r-2")
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["300"]])
    }

    @Test("models are published with their errors, rows and totals with their ranges")
    func ranges() throws {
        let shop = try SmallShop()
        try shop.run("one")
        #expect(
            try shop.query(
                """
                SELECT model, is_converged, priors, standard_errors <> '{}', condition_number >= 1
                FROM clv.models WHERE model IN ('bg_nbd', 'gamma_gamma') ORDER BY 1
                """
            ) == [["bg_nbd", "t", "weak", "t", "t"], ["gamma_gamma", "t", "weak", "t", "t"]]
        )
        #expect(
            try shop.query(
                """
                SELECT bool_and(expected_purchases_low <= expected_purchases_high
                        AND expected_spend_low <= expected_spend_high
                        AND expected_value_low <= expected_value_high
                        AND expected_average_spend_low < expected_average_spend_high),
                    max(expected_spend_high) > 0 FROM clv.customer_predictions
                """
            ) == [["t", "t"]]
        )
        let totals = try shop.query(
            """
            SELECT horizon_days, string_agg(customer_group, ' ' ORDER BY customer_group),
                bool_and(expected_purchases_low < expected_purchases
                    AND expected_purchases < expected_purchases_high
                    AND expected_spend_low < expected_spend_high
                    AND expected_value_low < expected_value_high)
            FROM clv.total_predictions WHERE customer_group <> 'newcomer' GROUP BY 1 ORDER BY 1
            """
        )
        #expect(
            totals == [
                ["30", "all one_timer repeater", "t"], ["365", "all one_timer repeater", "t"],
            ]
        )
    }

    @Test("nobody changes segment because others came, until a version is trained anew")
    func frozen() throws {
        let shop = try SmallShop()
        let store = ModelStore(root: shop.folder.path + "/store")
        try shop.run("r-1")
        let first = try shop.standing()
        let version = try #require(try store.loadChampion(tenant: "acme", job: "monthly").version)
        #expect(version.documents["segmentation"] != nil)
        try shop.add(200, named: "z", days: 40, factor: 50)
        try shop.run("r-2")
        #expect(try store.championName(tenant: "acme", job: "monthly") == "v000001")
        #expect(try shop.standing() == first)
        #expect(first.count == 600 && Set(first.map { $0[6] }).count >= 4)
        try shop.run("r-3", retrain: true)
        #expect(try store.championName(tenant: "acme", job: "monthly") == "v000002")
        #expect(try shop.standing() != first)
    }

    @Test("a version without cut points finds them in the customers at hand")
    func older() throws {
        let shop = try SmallShop()
        let store = ModelStore(root: shop.folder.path + "/store")
        try shop.run("r-1")
        let first = try shop.standing()
        let version = try #require(try store.loadChampion(tenant: "acme", job: "monthly").version)
        var manifest = version.manifest
        manifest.documents = nil
        let older = try store.save(manifest, models: version.models)
        try store.promote(tenant: "acme", job: "monthly", version: older.manifest.version)
        try shop.run("r-2")
        #expect(try store.championName(tenant: "acme", job: "monthly") == "v000002")
        #expect(try shop.standing() == first)
        try shop.add(200, named: "z", days: 40, factor: 50)
        try shop.run("r-3")
        #expect(try shop.standing() != first)
    }

    @Test("a damaged version is put aside, replaced, and named as the reason")
    func damaged() throws {
        let shop = try SmallShop()
        try shop.run("r-1")
        let job = shop.folder.path + "/store/acme/monthly"
        try FileSystem.replace(job + "/v000001/manifest.json", with: Array("rubbish".utf8))
        try shop.run("r-2")
        let reasons = try shop.query("SELECT DISTINCT reason FROM clv.models ORDER BY 1 DESC")
        let why = "version v000001 of acme/monthly is damaged; no version of the model is stored"
        #expect(reasons == [[why], ["no version of the model is stored"]])
        #expect(try FileSystem.names(in: job) == ["champion", "quarantine", "v000002"])
        #expect(try FileSystem.names(in: job + "/quarantine") == ["v000001"])
    }

    @Test("the grid and set levels are a job's settings, and fit nothing anew")
    func settings() throws {
        var shop = try SmallShop()
        try shop.run("r-1")
        shop.job.segments = .grid
        shop.job.valueLevels = [1, 20, 300]
        try shop.run("r-2")
        let levels = try shop.query(
            """
            SELECT count(*) FILTER (WHERE clv_level IS DISTINCT FROM CASE
                    WHEN expected_value > 300 THEN 'Top' WHEN expected_value > 20 THEN 'High'
                    WHEN expected_value > 1 THEN 'Mid' ELSE 'Low' END),
                count(DISTINCT model_version), min(model_version),
                bool_or(segment = 'Hibernating'), bool_or(segment = 'Lost')
            FROM clv.customer_predictions
            """
        )
        #expect(levels == [["0", "1", "v000001", "t", "f"]])
    }

    @Test("past totals widen the totals, are published once, and stay with the version")
    func past() throws {
        let shop = try SmallShop()
        try shop.run("r-1")
        let store = ModelStore(root: shop.folder.path + "/store")
        let version = try #require(try store.loadChampion(tenant: "acme", job: "monthly").version)
        let document = try #require(version.documents["past_totals"])
        let past = try JSONCoding.decode(PastTotals.self, from: document)
        // The year has no earlier date with as much history, and is off by what others say.
        #expect(Set(past.totals.map(\.horizonDays)) == [30, 91, 182])
        let (month, year) = (past.levelError(ofDays: 30), past.levelError(ofDays: 365))
        #expect(month != .usual)
        #expect(year == month.grown(toDays: 365))
        #expect(version.manifest.metrics["level_error_purchases_30_days"] == month.purchases)
        #expect(version.manifest.metrics["level_error_spend_30_days"] == month.spend)
        let metrics = """
            SELECT model, origin_on, horizon_days, metric FROM clv.model_metrics ORDER BY 1, 2
            """
        let days = [
            "2023-12-02", "2024-03-02", "2024-05-02", "2024-06-01", "2024-07-02", "2024-08-01",
        ]
        let published = try shop.query(metrics)
        #expect(
            published
                == days.map { ["bg_nbd", $0, "30", "total_purchases_bias"] }
                + days.map { ["gamma_gamma", $0, "30", "total_spend_bias"] }
        )
        let totals = """
            SELECT horizon_days, expected_spend_low, expected_spend_high
            FROM clv.total_predictions WHERE customer_group = 'repeater' ORDER BY 1
            """
        let first = try shop.query(totals)
        try shop.run("r-2")
        #expect(try shop.query(totals) == first)
        #expect(try shop.query(metrics) == published)
        // Without them a version has the usual errors.
        var manifest = version.manifest
        manifest.documents = nil
        let older = try store.save(manifest, models: version.models)
        try store.promote(tenant: "acme", job: "monthly", version: older.manifest.version)
        try shop.run("r-3")
        let usual = try shop.query(totals)
        #expect(
            usual[0] != first[0] && (usual[1] == first[1]) == (year.spend == LevelError.usual.spend)
        )
    }

    @Test("left alone, a run takes the model of one-timers where it was better on earlier dates")
    func oneTimersWithoutAName() throws {
        let shop = try SmallShop()
        #expect(try shop.run("r-1").oneTimers?.hasPrefix("bg_nbd: ") == true)
        // Half of these spend much at first and mostly come back, of the others a tenth does.
        try shop.query(
            """
            INSERT INTO purchases
            SELECT 'z' || c, date '2024-08-30' - c * 7919 % 600 + CASE k WHEN 0 THEN 0
                    ELSE 30 * k + c * 13 % 30 END,
                CASE c % 2 WHEN 0 THEN 200 ELSE 5 END
            FROM generate_series(1, 2400) AS c, generate_series(0, 3) AS k
            WHERE (k = 0 OR c * 31 / 2 % 10 < CASE c % 2 WHEN 0 THEN 6 ELSE 1 END)
                AND date '2024-08-30' - c * 7919 % 600 + 30 * k + c * 13 % 30 <= '2024-08-31'
            """
        )
        let result = try shop.run("r-2", retrain: true)
        #expect(result.oneTimers?.hasPrefix("cox: it told returns better than bg_nbd") == true)
        #expect(result.models.map(\.name).sorted() == ["bg_nbd", "cox", "gamma_gamma"])
        let metrics = """
            SELECT count(*), bool_and(value > 0) FROM clv.model_metrics
            WHERE model = 'cox' AND metric = 'return_log_score_gain'
            """
        let gains = try shop.query(metrics)
        #expect(gains == [["7", "t"]])
        let forecast = """
            SELECT customer_id, horizon_days, return_probability FROM clv.customer_predictions
            WHERE customer_group = 'one_timer' ORDER BY 1, 2
            """
        let first = try shop.query(forecast)
        let again = try shop.run("r-3")
        #expect(again.models.allSatisfy { !$0.trained } && again.oneTimers == result.oneTimers)
        #expect(try shop.query(forecast) == first)
    }
}
