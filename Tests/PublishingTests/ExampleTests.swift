import Domain
import FileSystem
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ExampleTests {
    @Test("the twelve queries for analysts run as a reader, and show what was published")
    func queries() throws {
        let mall = try Mall(byOwner: false)
        try mall.shop(0).publish(
            RunRecord(runID: "1"),
            customers: numberedCustomers(50),
            horizons: [30, 90]
        )
        let connect = try mall.destination(0).connect
        let passed = try PassedHorizon.all(
            by: Shop.day + 30,
            in: mall.destination(0),
            on: connect()
        )
        let score = RealisedForecast(
            group: .all,
            customers: 50,
            purchases: .init(predicted: Ranged(2), actual: 3),
            spend: .init(predicted: Ranged(0, low: 0, high: 9), actual: 3)
        )
        try passed[0].write([score], in: mall.destination(0), on: connect())
        let role = mall.database.name + "_reader"
        let script = try GrantScript(
            for: role,
            in: mall.destination(0),
            on: mall.database.connect(user: mall.owner)
        )
        try mall.database.psql(script.forReaders())
        let analyst = try mall.database.role("analyst", options: "IN ROLE \(role)")
        let root =
            #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let text = String(
            decoding: try FileSystem.read(root + "/deploy/sql/examples.sql"),
            as: UTF8.self
        )
        let queries = text.split(separator: ";\n").map(String.init)
            .filter { $0.contains("SELECT") }
        #expect(queries.count == 12)
        let connection = try mall.database.connect(user: analyst)
        let counts = try queries.map { try connection.execute($0).count }
        // The made-up customers have no segments, so no scores disagree.
        #expect(counts == [49, 50, 1, 10, 4, 0, 5, 8, 100, 1, 1, 2], "\(counts)")
        // The file as a whole is for psql.
        try mall.database.psql("\\set ON_ERROR_STOP on\n" + text, user: analyst)
    }

    @Test(
        "with include_actual the long table holds the past purchase days too, whole or not at all"
    )
    func actual() throws {
        let shop = try Shop()
        let pool = numberedCustomers(3)
        let past = Ledger(
            customers: pool,
            offsets: [0, 2, 3, 4],
            day: [10_956, 19_999, 20_000, 20_000],
            amount: [12.34567, -0.5, 0, 1_234_567.8],
            asOf: Shop.day
        )
        try shop.publish(RunRecord(runID: "1"), customers: pool, actual: past)
        let actual = """
            SELECT customers, time_indicator, amount_indicator FROM clv.results
            WHERE data_type = 'actual' ORDER BY 1, 2
            """
        let expected = [
            ["c0000000", "1999-12-31", "12.3457"], ["c0000000", "2024-10-03", "-0.5000"],
            ["c0000001", "2024-10-04", "0.0000"], ["c0000002", "2024-10-04", "1234567.8000"],
        ]
        #expect(try shop.query(actual) == expected)
        #expect(
            try shop.query("SELECT job_name, count(*) FROM clv.actual_purchases GROUP BY 1")
                == [["monthly", "4"]]
        )
        // Each publication shows its own past, or none; going back brings the older one's.
        try shop.publish(RunRecord(runID: "2"), customers: pool)
        #expect(try shop.query(actual) == [])
        _ = try Rollback.move(
            to: 1,
            in: shop.destination,
            holder: "by hand",
            on: shop.database.connect()
        )
        #expect(try shop.query(actual) == expected)
        let free = Ledger(
            customers: pool,
            offsets: [0, 1, 1, 1],
            day: [20_000],
            amount: nil,
            asOf: Shop.day
        )
        try shop.publish(RunRecord(runID: "3"), customers: pool, actual: free)
        #expect(try shop.query(actual) == [["c0000000", "2024-10-04", nil]])
        #expect(OldPublications.remove(keeping: 1, in: shop.destination) == [])
        #expect(
            try shop.query("SELECT relname FROM pg_class WHERE relname ~ '^actual_purchases_.$'")
                == [["actual_purchases_3"]]
        )
    }

    @Test("the long table holds purchases one by one, else the next one, and newcomers")
    func results() throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(4))
        let tag = try shop.query(
            """
            SELECT replace(relname, 'purchase_predictions_', '') FROM pg_class
            WHERE relname ~ '^purchase_predictions_[0-9a-f]{32}$'
            """
        )[0][0]
        _ = try shop.database.connect().executeScript(
            """
            CREATE TABLE clv.purchase_predictions_1 PARTITION OF
                clv.purchase_predictions_\(tag ?? "") FOR VALUES IN (1);
            DELETE FROM clv.newcomer_predictions_1;
            INSERT INTO clv.purchase_predictions_1
                VALUES ('acme', 1, 'c0000001', 1, '2025-01-02', NULL, NULL, 9.5),
                    ('acme', 1, 'c0000001', 2, '2025-02-02', NULL, NULL, 8.5);
            INSERT INTO clv.newcomer_predictions_1
                VALUES ('acme', 1, '2025-01-01', 3, NULL, NULL, 4, NULL, NULL, 77)
            """
        )
        let rows = try shop.query(
            """
            SELECT customers, data_type, time_indicator, amount_indicator FROM clv.results
            ORDER BY 1, 3
            """
        )
        #expect(
            rows == [
                ["c0000001", "prediction", "2025-01-02", "9.5000"],
                ["c0000001", "prediction", "2025-02-02", "8.5000"],
                ["c0000002", "prediction", "2024-10-06", "20.4107"],
                ["newcomers", "prediction", "2025-01-01", "77.0000"],
            ]
        )
    }
}
