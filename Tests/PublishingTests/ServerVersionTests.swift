import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite struct ServerVersionTests {
    @Test(
        "a server too old for forecasts is refused by its name",
        arguments: [
            (140_022, "14.22"), (90_624, "9.6.24"), (100_023, "10.23"), (0, "0.0.0"),
        ]
    )
    func tooOld(number: Int, name: String) throws {
        let refusal = try #require(ServerVersion.refusal(of: number, database: "shop"))
        #expect(
            refusal.message
                == "the server of database \"shop\" is Postgres \(name), and forecasts need "
                + "Postgres 15 or later"
        )
        #expect(
            refusal.fix
                == "upgrade the server, or name a database of a newer one in [destination]; the "
                + "source may stay where it is"
        )
        #expect(refusal.code == "old_server" && refusal.failureClass == .configuration)
    }

    @Test("every newer server is taken", arguments: [150_000, 150_018, 160_004, 180_000, 200_001])
    func newEnough(number: Int) {
        #expect(ServerVersion.refusal(of: number, database: "shop") == nil)
    }

    /// A function on the role's path tells another version than the server's.
    @Test("whoever prepares, migrates or checks a schema asks first", hasPostgres)
    func asked() throws {
        let database = try TestDatabase()
        let admin = try database.connect()
        let role = try database.role("elder", options: "SUPERUSER")
        try admin.executeScript(
            """
            CREATE SCHEMA past;
            CREATE FUNCTION past.current_setting(text) RETURNS text LANGUAGE sql AS
                $$ SELECT CASE $1 WHEN 'server_version_num' THEN '140022'
                    ELSE pg_catalog.current_setting($1) END $$;
            ALTER ROLE \(role) SET search_path = past, pg_catalog
            """
        )
        let connection = try database.connect(user: role)
        for isMigrated in [false, true] {
            if isMigrated { _ = try Migrations.migrate("clv", on: admin) }
            let attempts: [() throws -> Void] = [
                { _ = try Migrations.migrate("clv", on: connection) },
                { _ = try Migrations.migrate("clv", isDryRun: true, on: connection) },
                { try Migrations.check("clv", tenant: "acme", on: connection) },
                {
                    _ = try Migrations.prepare(
                        "clv",
                        tenant: "acme",
                        mayMigrate: true,
                        on: connection
                    ) { connection }
                },
            ]
            for attempt in attempts {
                let error = #expect(throws: PublishingError.self, performing: attempt)
                #expect(error?.code == "old_server")
            }
            let tables = "SELECT count(*) > 0 FROM pg_class WHERE relname = 'schema_versions'"
            #expect(try admin.execute(tables).boolean(0, 0) == isMigrated)
        }
    }
}
