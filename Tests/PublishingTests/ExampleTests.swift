import FileSystem
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct ExampleTests {
    @Test("the ten queries for analysts run as a reader, and show what was published")
    func queries() throws {
        let mall = try Mall(byOwner: false)
        try mall.shop(0).publish(
            RunRecord(runID: "1"),
            customers: numberedCustomers(50),
            horizons: [30, 90]
        )
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
        #expect(queries.count == 10)
        let connection = try mall.database.connect(user: analyst)
        let counts = try queries.map { try connection.execute($0).count }
        // The made-up customers have no segments, so no scores disagree.
        #expect(counts == [49, 50, 1, 10, 4, 0, 5, 8, 100, 1], "\(counts)")
        // The file as a whole is for psql.
        try mall.database.psql("\\set ON_ERROR_STOP on\n" + text, user: analyst)
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
