import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ModelRecordTests {
    private static let told = "SELECT drift, drift_days FROM clv.freshness"
    private static let metrics = "SELECT metric, value FROM clv.model_metrics ORDER BY metric"

    /// A version that was fitted to what was known so many days before the forecast, with its drift.
    private func model(ago: Int, drift: Double? = nil, days: Int = 7) throws -> ModelRecord {
        let origin = Shop.day - ago
        let metrics = drift.map {
            [
                ModelMetric(origin: origin, horizonDays: days, name: "drift", value: $0),
                ModelMetric(origin: origin - 30, horizonDays: 30, name: "total_bias", value: 0.1),
            ]
        }
        return ModelRecord(
            name: "bg_nbd",
            version: "v1",
            fittedOn: origin + 1,
            asOf: origin,
            timePeriod: try #require(TimePeriod("month")),
            reason: "model_age",
            metrics: metrics ?? []
        )
    }

    private func publish(
        _ run: String,
        _ model: ModelRecord,
        asOf: Day = Shop.day,
        in shop: Shop
    ) throws {
        try shop.publish(
            RunRecord(runID: run),
            customers: numberedCustomers(5),
            models: [model],
            asOf: asOf
        )
    }

    @Test("what is measured again replaces what was measured of the same days")
    func again() throws {
        let shop = try Shop()
        try publish("1", model(ago: 13, drift: 5), in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [["5", "7"]])
        try publish("2", model(ago: 13, drift: 2), in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [["2", "7"]])
        let both = [["drift", "2"], ["total_bias", "0.1"]]
        #expect(try shop.query(ModelRecordTests.metrics) == both)
        #expect(try shop.query("SELECT run_id FROM clv.models") == [["1"]])
    }

    @Test("a version's name that comes again for another fit leaves nothing of the one before")
    func anotherFit() throws {
        let shop = try Shop()
        try publish("1", model(ago: 13, drift: 5), in: shop)
        try publish("2", model(ago: 1), in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [[nil, nil]])
        #expect(try shop.query(ModelRecordTests.metrics) == [])
        #expect(
            try shop.query("SELECT run_id, fitted_on, as_of_on FROM clv.models")
                == [["2", Shop.day.description, (Shop.day - 1).description]]
        )
    }

    @Test("freshness tells of no drift that is later than the forecast")
    func earlier() throws {
        let shop = try Shop()
        try publish("1", model(ago: 14, drift: 1), in: shop)
        try publish("2", model(ago: 14, drift: 5, days: 14), in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [["5", "14"]])
        try publish("3", model(ago: 14), asOf: Shop.day - 3, in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [["1", "7"]])
        try publish("4", model(ago: 14), asOf: Shop.day - 8, in: shop)
        #expect(try shop.query(ModelRecordTests.told) == [[nil, nil]])
    }

    @Test("with the rights of before, which only add, runs go on, and the first record stays")
    func oldRights() throws {
        let mall = try Mall()
        let role = mall.roles[0]
        try mall.database.psql(
            """
            REVOKE UPDATE, DELETE ON clv.models, clv.model_metrics FROM \(role);
            """
        )
        let shop = try mall.shop(0)
        try publish("1", model(ago: 13, drift: 5), in: shop)
        try publish("2", model(ago: 1), in: shop)
        try publish("3", model(ago: 9, drift: 4), in: shop)
        let rows = try mall.connect(0).execute(
            "SELECT m.run_id, f.drift FROM clv.models AS m, clv.freshness AS f"
        )
        #expect(rows.count == 1 && rows[0, 0] == "1" && rows[0, 1] == "5")
    }
}
