import Domain
import Postgres
import TestSupport
import Testing

/// What bounds the statements that cannot run in a transaction.
@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(1))
)
struct SessionLimitTests {
    @Test("on a session of our own the server ends a statement outside of a transaction")
    func direct() throws {
        let connection = try TestDatabase().connect()
        connection.limits.statementSeconds = 1
        try connection.limitSession()
        let start = ContinuousClock.now
        let error = #expect(throws: PostgresError.self) {
            try connection.execute("SELECT pg_sleep(30)")
        }
        #expect(error?.code == "statement_timeout" && error?.failureClass == .transient)
        #expect(ContinuousClock.now - start < .seconds(8))
        let watching = try connection.execute("SHOW client_connection_check_interval")
        #expect(watching[0, 0] == "2s")
    }

    @Test(
        "a pooler's sessions keep nothing of it",
        .enabled(if: PgBouncer.isInstalled, Comment(rawValue: PgBouncer.absence))
    )
    func pooled() throws {
        let database = try TestDatabase()
        let bouncer = try PgBouncer(before: PrivateCluster.shared.get(), poolSize: 1)
        func connect() throws -> Connection {
            let settings = bouncer.settings(database: database.name)
            return try Connection(settings, applicationName: "clvd-tests")
        }
        let connection = try connect()
        connection.limits.statementSeconds = 1
        try connection.limitSession()
        for client in [connection, try connect()] {
            #expect(try client.execute("SHOW statement_timeout")[0, 0] == "0")
        }
    }
}
