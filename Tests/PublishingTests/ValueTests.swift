import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ValueTests {
    /// Publishes one customer with one field set, and gives what the view shows of it.
    private func published(
        _ field: ForecastField,
        _ values: [Double],
        in shop: Shop
    ) throws -> [String?] {
        let pool = numberedCustomers(values.count)
        let run = RunRecord(runID: "\(field.name) \(values.count)")
        let lease = try shop.lease(run.runID)
        defer { try? lease.release(for: shop.destination, on: shop.database.connect()) }
        let ledger = try shop.open(run, under: lease)
        let publication = try Publication.begin(
            Shop.header(),
            of: ledger,
            under: lease
        )
        var batch = ForecastBatch(customers: 0..<values.count, horizonDays: 30)
        batch[.customerGroup] = values.map { _ in 1 }
        batch[field] = values
        try publication.add([batch], customers: pool)
        _ = try publication.finish(totals: [someTotal], models: [], figures: RunFigures())
        return try shop.query(
            "SELECT \(field.name) FROM clv.customer_predictions ORDER BY customer_id"
        ).map { $0[0] }
    }

    @Test("money of any size that fits arrives with four decimals")
    func money() throws {
        let shop = try Shop()
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &random)
        var state = seed
        var units: [Int64] = [
            0, 1, -1, 9999, 10_000, 10_001, -99_999_999, 100_000_000, 999_999_999_999,
            1_000_000_000_000, 9_007_199_254_740_991, -9_007_199_254_740_991,
        ]
        for _ in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let size = Int64(1) << Int64(state >> 33 & 63 % 52)
            units.append(Int64(bitPattern: state) % max(1, size))
        }
        let shown = try published(.expectedSpend, units.map { Double($0) / 10_000 }, in: shop)
        let expected = units.map { unit in
            let digits = padded(Int(unit.magnitude), 5)
            return (unit < 0 ? "-" : "") + digits.dropLast(4) + "." + digits.suffix(4)
        }
        #expect(shown == expected, "seed \(seed)")
    }

    @Test("doubles have six decimals, dates may be old, nothing is NULL")
    func others() throws {
        let shop = try Shop()
        let numbers = try published(
            .expectedPurchases,
            [0.1234565, 1 / 3, 1e300, -0.0, 1e-300, .nan],
            in: shop
        )
        #expect(numbers == ["0.123457", "0.333333", "1e+300", "0", "0", nil])
        let dates = try published(.nextPurchaseOn, [0, 20_000, -719_162, 2_932_896], in: shop)
        #expect(dates == ["1970-01-01", "2024-10-04", "0001-01-01", "9999-12-31"])
        let scores = try published(.rfmScore, [-32_768, 32_767], in: shop)
        #expect(scores == ["-32768", "32767"])
    }

    @Test(
        "a value that does not fit is refused by field and customer, and nothing is published",
        arguments: [
            (ForecastField.expectedSpend, 1e14, "100000000000000.0 does not fit numeric(18,4)"),
            (.expectedSpend, -.infinity, "-inf does not fit numeric(18,4)"),
            (.pAlive, .infinity, "inf does not fit double precision"),
            (.nextPurchaseOn, 3e6, "3000000.0 does not fit date"),
            (.rfmScore, 40_000, "40000.0 does not fit smallint"),
            (.clvLevel, 4, "4.0 does not fit text"),
        ]
    )
    func unfit(field: ForecastField, value: Double, cause: String) throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(7))
        let error = #expect(throws: UnpublishableValue.self) {
            try published(field, [.nan, value], in: shop)
        }
        #expect(error?.failureClass == .refused && error?.cause == cause)
        #expect(
            error?.message == "\(field.name) of customer \"c0000001\" cannot be published"
        )
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["7"]])
        #expect(try shop.query(leafTables) == [["customer_predictions_1"]])
    }

    @Test("a low above its high is refused, and the row is told")
    func ranges() throws {
        let shop = try Shop()
        let lease = try shop.lease("1")
        let ledger = try shop.open(RunRecord(runID: "1"), under: lease)
        let publication = try Publication.begin(
            Shop.header(),
            of: ledger,
            under: lease
        )
        var batch = forecast(0..<2, horizon: 30)
        batch[.expectedSpendLow] = [1, 3]
        batch[.expectedSpendHigh] = [2, 2]
        let pool = numberedCustomers(2)
        let error = #expect(throws: PublishingError.self) {
            try publication.add([batch], customers: pool)
            _ = try publication.finish(totals: [someTotal], models: [], figures: RunFigures())
        }
        #expect(error?.code == "impossible_forecast" && error?.failureClass == .refused)
        #expect(error?.cause?.contains(#""customer_id": "c0000001""#) == true)
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["0"]])
    }

    @Test("totals and newcomers are held to the same as customers", arguments: [true, false])
    func smallTables(totals: Bool) throws {
        let shop = try Shop()
        let lease = try shop.lease("1")
        let ledger = try shop.open(RunRecord(runID: "1"), under: lease)
        let publication = try Publication.begin(Shop.header(), of: ledger, under: lease)
        try publication.add([forecast(0..<2, horizon: 30)], customers: numberedCustomers(2))
        let wrong = Ranged(2, low: 3, high: 1)
        let error = #expect(throws: PublishingError.self) {
            _ = try publication.finish(
                totals: [totals ? ForecastTotal(horizonDays: 30, purchases: wrong) : someTotal],
                newcomers: totals
                    ? []
                    : [
                        NewcomerPeriod(
                            start: Day(number: 20_000),
                            days: 30,
                            customers: wrong,
                            purchases: Ranged(1),
                            spend: nil
                        )
                    ],
                models: [],
                figures: RunFigures()
            )
        }
        #expect(error?.code == "impossible_forecast")
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["0"]])
    }

    @Test("names and ids that look like SQL are only text")
    func hostileNames() throws {
        let names = [
            "'; DROP SCHEMA clv CASCADE; --", "a\"b", "back\\slash", "ünï 🛒 \u{202E}", " ", "%s",
            String(repeating: "x'\"", count: 300),
        ]
        for (number, name) in names.enumerated() {
            let schema = number == 0 ? "we\"ird; --" : "s \(number)'"
            let shop = try Shop(schema: schema, tenant: name, job: name)
            var ids = names + [String(repeating: "y", count: 2000), ""]
            ids.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            var pool = StringPool()
            for id in ids { _ = pool.append(id) }
            for run in ["1 \(name)", "2 \(name)"] {
                let receipt = try shop.publish(RunRecord(runID: run), customers: pool)
                #expect(receipt?.changedRows == (run.hasPrefix("1") ? ids.count : 0))
            }
            let view = "\(quoted(identifier: schema)).customers"
            let rows = try shop.query("SELECT tenant_id, job_name, customer_id FROM \(view)")
            #expect(rows.map { $0[2] } == ids)
            #expect(rows.allSatisfy { $0[0] == name && $0[1] == name })
        }
    }

    @Test("names and ids that no key can hold are refused")
    func tooLong() throws {
        let long = String(repeating: "z", count: 10_000)
        let shop = try Shop()
        for (schema, tenant, job) in [
            ("clv", long, "j"), ("clv", "t", long), (long, "t", "j"), ("clv", "t\0", "j"),
            ("", "t", "j"),
        ] {
            let error = #expect(throws: PublishingError.self) {
                try Destination(schema: schema, tenant: tenant, job: job) {
                    try shop.database.connect()
                }
            }
            #expect(error?.code == "unusable_name" && error?.failureClass == .configuration)
        }
        var pool = StringPool()
        _ = pool.append(long)
        let error = #expect(throws: PublishingError.self) {
            try shop.publish(RunRecord(runID: "1"), customers: pool)
        }
        #expect(error?.message == "a customer id of 10000 bytes cannot be published")
        #expect(try shop.query(leafTables) == [])
    }
}
