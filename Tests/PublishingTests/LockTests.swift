import Domain
import Postgres
import Publishing
import TestSupport
import Testing

/// Tenants of one database do not wait for each other.
@Suite(hasPostgres, .timeLimit(.minutes(5))) struct LockTests {
    @Test("while another tenant locks all its tables, runs, checks and readers of this one go on")
    func otherTenantsLocks() throws {
        let mall = try Mall(byOwner: false)
        let customers = numberedCustomers(20)
        for index in 0..<2 {
            try mall.shop(index).publish(
                RunRecord(runID: "1"),
                customers: customers,
                actual: Mall.past
            )
        }
        let other = try mall.connect(1)
        try other.begin()
        defer { other.rollback() }
        let tables = try other.execute(
            """
            SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
            WHERE relkind IN ('r', 'p') AND relispartition AND pg_has_role(relowner, 'USAGE')
            """
        )
        try other.execute("LOCK TABLE \(tables[0, 0] ?? "") IN ACCESS EXCLUSIVE MODE")

        let destination = try mall.impatient(0)
        let shop = Shop(mall.database, destination)
        let start = ContinuousClock.now
        let connection = try destination.connect()
        try Migrations.check("clv", tenant: Mall.tenants[0], on: connection)
        for run in ["2", "3"] {
            let receipt = try shop.publish(
                RunRecord(runID: run),
                customers: customers,
                models: [try Mall.model()],
                actual: Mall.past
            )
            #expect(receipt?.changedRows == 0)
            #expect(try shop.publish(RunRecord(runID: run), customers: customers) == nil)
        }
        let passed = try PassedHorizon.all(by: Shop.day + 30, in: destination, on: connection)
        #expect(passed.count == 3)
        var rows = 0
        for horizon in passed {
            _ = try horizon.read(in: destination, on: connection) { _, _ in rows += 1 }
            try horizon.write([], in: destination, on: connection)
        }
        #expect(rows == 60)
        let move = try Rollback.move(to: nil, in: destination, holder: "4", on: connection)
        #expect(move.to == passed[1].publication)
        #expect(OldPublications.remove(keeping: 1, in: destination) == [])
        #expect(OldRecords.remove(historyDays: 1, rejectedDays: 1, in: destination) == [])
        let checks = try AccessCheck.ofCatalogue(destination, on: connection)
        #expect(checks.flatMap(\.findings).map(\.what) == [])
        for table in [
            "customer_predictions_all", "customer_predictions", "customers", "results",
            "total_predictions", "newcomer_predictions", "freshness",
        ] {
            let count = try connection.execute(
                "SELECT count(*) > 0 FROM clv.\(table) WHERE tenant_id = $1",
                [Mall.tenants[0]]
            )
            #expect(count.boolean(0, 0), "\(table)")
        }
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("db check warns where one reader of all tenants would fill the server's lock table")
    func lockRoom() throws {
        let cluster = try PrivateCluster()
        let database = try TestDatabase(in: cluster)
        let destination = try Destination(schema: "clv", tenant: "acme", job: "monthly") {
            try database.connect()
        }
        func warnings() throws -> [AccessCheck.Finding] {
            let checks = try AccessCheck.ofCatalogue(destination, on: destination.connect())
            #expect(checks.filter(\.isWarning).count == 1)
            return checks.filter(\.isWarning).flatMap(\.findings)
        }
        try database.connect().execute("ALTER SYSTEM SET max_locks_per_transaction = 10")
        try cluster.stop()
        try cluster.start()
        _ = try Migrations.migrate("clv", on: database.connect())
        #expect(try warnings().map(\.what) == [])
        let admin = try database.connect()
        for number in 1...300 {
            try admin.execute(
                """
                CREATE TABLE clv.part_\(number) PARTITION OF clv.total_predictions_all
                    (PRIMARY KEY (horizon_days, customer_group)) FOR VALUES IN ('t\(number)')
                """
            )
        }
        let found = try warnings()
        #expect(
            found.map(\.what) == [
                "a query that names no tenant takes up to 605 locks, and the server has room for 600"
            ]
        )
        let raise = "ALTER SYSTEM SET max_locks_per_transaction = 21"
        #expect(
            found.first?.fix
                == "name the tenant in queries, or run: \(raise), and restart the server"
        )
        try admin.execute(raise)
        try cluster.stop()
        try cluster.start()
        #expect(try warnings().map(\.what) == [])
    }
}
