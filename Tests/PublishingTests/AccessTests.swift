import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct AccessTests {
    @Test("what db grants prints is enough for everything that runs do, and db check agrees")
    func enough() throws {
        let mall = try Mall()
        for index in 0..<2 {
            let shop = try mall.shop(index)
            let pool = numberedCustomers(100)
            let killed = try shop.open(RunRecord(runID: "0"), under: shop.lease("0", seconds: 1))
            #expect(killed.run.runID == "0")
            _ = try mall.database.connect().execute("UPDATE clv.leases SET expires_at = now()")
            for run in 1...4 {
                let receipt = try shop.publish(
                    RunRecord(runID: "\(run)"),
                    customers: pool,
                    scale: run == 4 ? 2 : 1,
                    models: [try Mall.model()]
                )
                #expect(receipt?.changedRows == [100, 0, 0, 100][run - 1])
                #expect(OldPublications.remove(keeping: 2, in: shop.destination) == [])
            }
            let ledger = try shop.open(RunRecord(runID: "5"), under: shop.lease("5"))
            var figures = RunFigures()
            var account = RowAccount()
            account.kept = [RejectedRow(rowNumber: 1, reasons: [.noCustomer], raw: "x")]
            figures.account = account
            try ledger.close(.failed, figures: figures, on: shop.destination.connect())
            let connection = try mall.connect(index)
            func count(_ source: String) throws -> String? {
                try connection.execute("SELECT count(*) FROM clv.\(source)")[0, 0]
            }
            #expect(try count("customer_predictions") == "100")
            #expect(try count("customer_predictions_all") == "200")
            #expect(try count("total_predictions_all") == "2")
            #expect(try count("runs WHERE status = 'interrupted'") == "1")
            #expect(try count("rejected_rows") == "1")
            #expect(try count("publications WHERE removed_at IS NOT NULL") == "2")
            #expect(try count("freshness") == "1")
            #expect(try mall.findings(index) == [])
        }
        // Again, with partitions that are in use, on a server that is read-only by default.
        let name = mall.database.name
        try mall.database.connect().execute(
            "ALTER DATABASE \(name) SET default_transaction_read_only = on"
        )
        try mall.database.psql(mall.script(0))
        #expect(try mall.findings(0) == [])
    }

    @Test("a set-up where one role owned everything is brought to least privilege by db grants")
    func handedOver() throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(10))
        let role = shop.database.name + "_tenant"
        let script = try GrantScript(for: role, in: shop.destination, on: shop.database.connect())
        try shop.database.psql(script.forTenant(source: ""))
        let destination = try Destination(schema: "clv", tenant: "acme", job: "monthly") {
            [database = shop.database] in try database.connect(user: role)
        }
        let next = Shop(shop.database, destination)
        #expect(
            try next.publish(RunRecord(runID: "2"), customers: numberedCustomers(10))?.changedRows
                == 0
        )
        let checks = try AccessCheck.all(of: destination, on: destination.connect())
        #expect(checks.flatMap(\.findings).map(\.what) == [])
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["10"]])
    }

    @Test("a reader of all tenants sees every forecast, no rejected row, and changes nothing")
    func reader() throws {
        let mall = try Mall()
        for index in 0..<2 {
            try mall.shop(index).publish(
                RunRecord(runID: "1"),
                customers: numberedCustomers(10 + index)
            )
        }
        let role = mall.database.name + "_reader"
        let script = try GrantScript(
            for: role,
            in: mall.destination(0),
            on: mall.database.connect(user: mall.owner)
        )
        try mall.database.psql(script.forReaders())
        let member = try mall.database.role("analyst", options: "IN ROLE \(role)")
        let connection = try mall.database.connect(user: member)
        let customers = try connection.execute("SELECT count(*) FROM clv.customers")
        #expect(customers[0, 0] == "21")
        for statement in [
            "SELECT raw FROM clv.rejected_rows",
            "UPDATE clv.current_publications SET job_name = 'x'",
            "DELETE FROM clv.runs", "TRUNCATE clv.models",
        ] {
            let error = #expect(throws: PostgresError.self) { try connection.execute(statement) }
            #expect(error?.code == "permission_denied")
        }
    }

    @Test("where the owner did not make the partitions, the run says what to type")
    func noPartitions() throws {
        let mall = try Mall()
        let third = try Destination(schema: "clv", tenant: "third", job: "monthly") {
            [mall] in try mall.connect(0)
        }
        let connection = try mall.database.connect()
        try connection.execute(
            "INSERT INTO clv.tenant_roles VALUES ('\(mall.roles[0])', 'third')"
        )
        let shop = Shop(mall.database, third)
        let error = #expect(throws: PublishingError.self) {
            try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(1))
        }
        #expect(error?.code == "no_partitions" && error?.failureClass == .configuration)
    }

    @Test("db check finds each way in which a role is too mighty or too weak, and what mends it")
    func flawed() throws {
        let mall = try Mall()
        try mall.shop(0).publish(RunRecord(runID: "1"), customers: numberedCustomers(3))
        let admin = try mall.database.connect()
        let leaf = try #require(
            try admin.execute(
                "SELECT oid::regclass FROM pg_class WHERE relname = 'customer_predictions_1'"
            )[0, 0]
        )
        func run(_ sql: String) throws {
            try admin.executeScript(
                sql.replacing("ROLE_A", with: mall.roles[0]).replacing("LEAF", with: leaf)
                    .replacing("ROLE_O", with: mall.owner).replacing("DB", with: mall.database.name)
            )
        }
        for flaw in AccessTests.flaws {
            try run(flaw.sql)
            let found = try mall.findings(0)
            #expect(found.contains { $0.contains(flaw.finding) }, "\(flaw.sql): \(found)")
            if let undo = flaw.undo { try run(undo) } else { try mall.mend() }
            #expect(try mall.findings(0) == [], "\(flaw.sql)")
        }
        #expect(try mall.findings(1) == [], "what mends one tenant takes nothing from another")
    }

    private struct Flaw {
        let sql: String
        let finding: String
        /// For what only a person can decide.
        var undo: String?
    }

    private static let flaws = [
        Flaw(sql: "ALTER ROLE ROLE_A SUPERUSER", finding: "is SUPERUSER"),
        Flaw(sql: "ALTER ROLE ROLE_A BYPASSRLS", finding: "is BYPASSRLS"),
        Flaw(sql: "ALTER ROLE ROLE_A CREATEROLE", finding: "is CREATEROLE"),
        Flaw(sql: "GRANT pg_read_all_data TO ROLE_A", finding: "is a member of pg_read_all_data"),
        Flaw(
            sql: "GRANT ROLE_O TO ROLE_A",
            finding: "owns schema clv",
            undo: "REVOKE ROLE_O FROM ROLE_A"
        ),
        Flaw(
            sql: "CREATE TABLE mine (n int); ALTER TABLE mine OWNER TO ROLE_A",
            finding: "owns table public.mine",
            undo: "DROP TABLE mine"
        ),
        Flaw(
            sql: "ALTER ROLE ROLE_A NOINHERIT; GRANT ROLE_O TO ROLE_A",
            finding: "owns table clv.runs",
            undo: "ALTER ROLE ROLE_A INHERIT; REVOKE ROLE_O FROM ROLE_A"
        ),
        Flaw(
            sql: "INSERT INTO clv.tenant_roles VALUES ('ROLE_A', 'other')",
            finding: "acts for tenant \"other\""
        ),
        Flaw(
            sql: "INSERT INTO clv.tenant_roles VALUES ('ROLE_A', NULL)",
            finding: "acts for every tenant"
        ),
        Flaw(
            sql: "DELETE FROM clv.tenant_roles WHERE role_name = 'ROLE_A'",
            finding: "does not act for tenant"
        ),
        Flaw(
            sql: "ALTER TABLE clv.runs NO FORCE ROW LEVEL SECURITY",
            finding: "clv.runs does not force row-level security"
        ),
        Flaw(
            sql: "ALTER TABLE clv.customer_predictions_all DISABLE ROW LEVEL SECURITY",
            finding: "clv.customer_predictions_all does not force row-level security"
        ),
        Flaw(
            sql: "CREATE POLICY open ON clv.models USING (true)",
            finding: "policy open on clv.models is not of the migration"
        ),
        Flaw(
            sql: "ALTER POLICY tenant ON clv.models USING (true)",
            finding: "policy tenant on clv.models differs from the migration: it is USING true"
        ),
        Flaw(
            sql: "ALTER VIEW clv.customers RESET (security_invoker)",
            finding: "view clv.customers reads with the rights of its owner"
        ),
        Flaw(sql: "GRANT SELECT ON LEAF TO PUBLIC", finding: "PUBLIC has rights on"),
        Flaw(sql: "ALTER TABLE LEAF OWNER TO ROLE_O", finding: "belongs to"),
        Flaw(
            sql: "REVOKE UPDATE (status) ON clv.runs FROM ROLE_A",
            finding: "UPDATE (status) on runs is missing"
        ),
        Flaw(
            sql: "REVOKE SELECT ON clv.customers FROM ROLE_A",
            finding: "SELECT on customers is missing"
        ),
        Flaw(
            sql: "GRANT TRUNCATE ON clv.runs TO ROLE_A",
            finding: "TRUNCATE on clv.runs is more than a run needs"
        ),
        Flaw(
            sql: "GRANT UPDATE ON clv.publications TO ROLE_A",
            finding: "UPDATE (tenant_id) on clv.publications is more than a run needs"
        ),
        Flaw(
            sql: "GRANT DELETE, UPDATE (model) ON clv.models TO PUBLIC",
            finding: "DELETE on clv.models is more than a run needs"
        ),
        Flaw(
            sql: "GRANT INSERT ON clv.tenant_roles TO ROLE_A",
            finding: "INSERT on clv.tenant_roles is more than a run needs"
        ),
        Flaw(
            sql: "GRANT CREATE ON SCHEMA public TO PUBLIC",
            finding: "may create objects in schema public"
        ),
        Flaw(sql: "GRANT CREATE ON DATABASE DB TO ROLE_A", finding: "may create schemas in"),
        Flaw(
            sql: "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
            finding: "may write functions in language plpgsql"
        ),
    ]
}

extension Mall {
    static func model() throws -> ModelRecord {
        ModelRecord(
            name: "bg_nbd",
            version: "v1",
            fittedOn: Shop.day,
            asOf: Shop.day,
            timePeriod: try #require(TimePeriod("month")),
            reason: "model_age"
        )
    }
}
