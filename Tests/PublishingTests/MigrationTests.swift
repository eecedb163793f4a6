import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct MigrationTests {
    @Test("migrating makes everything once, with a comment on every table and column")
    func once() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        #expect(try Migrations.version(of: "clv", on: connection) == nil)
        #expect(try Migrations.migrate("clv", on: connection).map(\.number) == [1, 2])
        #expect(try Migrations.migrate("clv", on: connection).isEmpty)
        #expect(try Migrations.version(of: "clv", on: connection) == Migrations.newest)
        let silent = try connection.execute(
            """
            SELECT c.relname, a.attname FROM pg_class AS c
            JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE c.relnamespace = 'clv'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)
            """
        )
        #expect(silent.count == 0)
        let views = try connection.execute(
            """
            SELECT string_agg(relname, ' ' ORDER BY relname),
                bool_and('security_invoker=true' = ANY (reloptions))
            FROM pg_class WHERE relnamespace = 'clv'::regnamespace AND relkind = 'v'
            """
        )
        #expect(
            views[0, 0]
                == "actual_purchases customer_predictions customers freshness newcomer_predictions "
                + "purchase_predictions results total_predictions"
        )
        #expect(views.boolean(0, 1))
    }

    @Test("the columns of customer_predictions are the key, the forecast's fields and the stamp")
    func columns() throws {
        let connection = try TestDatabase().connect()
        _ = try Migrations.migrate("clv", on: connection)
        let names = try connection.execute("SELECT * FROM clv.customer_predictions")
            .columns.map(\.name)
        let key = ["tenant_id", "job_name", "customer_id", "horizon_days"]
        let end = ["model", "model_version", "changed_at"]
        #expect(names == key + ForecastField.allCases.map(\.name) + end)
    }

    @Test("a migration that was released stays as it was")
    func released() throws {
        let connection = try TestDatabase().connect()
        _ = try Migrations.migrate("clv", on: connection)
        let found = try connection.execute(
            "SELECT left(checksum, 16) FROM clv.schema_versions ORDER BY version"
        )
        // Another text is another schema, which whoever has the first one is refused for: add a step.
        #expect((0..<found.count).map { found[$0, 0] } == ["53aed56ad2f7b0c2", "747226767e08acc6"])
    }

    @Test("migrations that start at once wait for each other")
    func concurrent() throws {
        let database = try TestDatabase()
        let all = (1...4).map { _ in
            InThread { try Migrations.migrate("clv", on: database.connect()).map(\.number) }
        }
        let applied = try all.map { try $0.value() }
        #expect(applied.filter { $0 == [1, 2] }.count == 1)
        #expect(applied.filter { $0 == [] }.count == 3)
    }

    @Test("a run migrates only where it may, and says what to type elsewhere")
    func prepare() throws {
        let database = try TestDatabase()
        let connection = try database.connect()
        func prepare(_ mayMigrate: Bool) throws -> [Int] {
            try Migrations.prepare(
                "clv",
                tenant: "acme",
                mayMigrate: mayMigrate,
                on: connection,
                admin: { try database.connect() }
            )
        }
        let error = #expect(throws: PublishingError.self) { try prepare(false) }
        #expect(error?.code == "not_migrated" && error?.failureClass == .configuration)
        #expect(
            error?.message
                == "schema \"clv\" of database \"\(database.name)\" has no tables of clvd"
        )
        #expect(error?.fix == "run: clvctl db migrate acme")
        #expect(try prepare(true) == [1, 2])
        #expect(try prepare(false) == [])
    }

    @Test("a dry run says what would be done and does nothing")
    func dryRun() throws {
        let connection = try TestDatabase().connect()
        let steps = try Migrations.migrate("clv", isDryRun: true, on: connection)
        #expect(steps.map(\.number) == [1, 2])
        #expect(steps[0].sql.contains("CREATE TABLE \"clv\".runs ("))
        #expect(try Migrations.version(of: "clv", on: connection) == nil)
        #expect(try Migrations.migrate("clv", to: 1, on: connection).map(\.number) == [1])
        let left = try Migrations.migrate("clv", isDryRun: true, on: connection)
        #expect(left.map(\.name) == ["freshness tells of drift"])
        #expect(try Migrations.migrate("clv", on: connection).map(\.number) == [2])
        #expect(try Migrations.migrate("clv", isDryRun: true, on: connection).isEmpty)
        let unknown = #expect(throws: PublishingError.self) {
            try Migrations.migrate("clv", to: 99, on: connection)
        }
        #expect(unknown?.code == "no_such_migration")
    }

    @Test("what --show-sql prints makes the same schema by hand")
    func shownSQL() throws {
        let database = try TestDatabase()
        let steps = try Migrations.migrate("clv", isDryRun: true, on: database.connect())
        try database.psql("CREATE SCHEMA clv;\n" + steps.map(\.sql).joined())
        let views = "SELECT count(*) FROM pg_class WHERE relkind = 'v' AND relname = 'customers'"
        #expect(try database.connect().execute(views)[0, 0] == "1")
    }

    @Test("a newer schema, and one whose migration was changed, are refused")
    func foreign() throws {
        let connection = try TestDatabase().connect()
        _ = try Migrations.migrate("clv", on: connection)
        try connection.execute("INSERT INTO clv.schema_versions VALUES (99, 'x', 'y', now())")
        let newer = #expect(throws: PublishingError.self) {
            try Migrations.check("clv", tenant: "acme", on: connection)
        }
        #expect(newer?.message == "schema \"clv\" is at version 99, this program knows 2 at most")
        #expect(throws: PublishingError.self) { try Migrations.migrate("clv", on: connection) }
        try connection.execute("DELETE FROM clv.schema_versions WHERE version = 99")
        try connection.execute("UPDATE clv.schema_versions SET checksum = 'z'")
        let changed = #expect(throws: PublishingError.self) {
            try Migrations.migrate("clv", on: connection)
        }
        #expect(changed?.code == "changed_migration")
        let run = #expect(throws: PublishingError.self) {
            try Migrations.check("clv", tenant: "acme", on: connection)
        }
        #expect(run?.code == "changed_migration")
    }

    @Test("a role without rights gets the GRANT to run, and nothing is half made")
    func noRights() throws {
        let database = try TestDatabase()
        let role = try database.role("poor")
        let error = #expect(throws: PostgresError.self) {
            try Migrations.migrate("clv", on: database.connect(user: role))
        }
        #expect(error?.code == "permission_denied")
        #expect(
            error?.fix == #"run: GRANT CREATE ON DATABASE "\#(database.name)" TO "\#(role)""#
        )
        let made = try database.connect().execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = 'clv'"
        )
        #expect(made.count == 0)
    }
}
