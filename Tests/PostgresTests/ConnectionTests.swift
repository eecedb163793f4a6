import Configuration
import Domain
import Glibc
import Postgres
import TestSupport
import Testing

private let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

@Suite(hasPostgres, .timeLimit(.minutes(2))) struct ConnectionTests {
    private func failure(
        _ settings: ConnectionSettings,
        credentials: String? = nil
    ) -> PostgresError? {
        var limits = WaitLimits()
        limits.connectSeconds = 2
        return #expect(throws: PostgresError.self) {
            try Connection(
                settings,
                applicationName: "clvd:t/j#r",
                limits: limits,
                credentials: credentials
            )
        }
    }

    /// A role that logs in by password, and a file for the password.
    private func passwordRole(_ database: TestDatabase) throws -> (role: String, file: String) {
        let role = try database.role("pw", options: "PASSWORD 'right secret'")
        try database.connect().execute("GRANT \(PrivateCluster.passwordGroup) TO \(role)")
        return (role, "/tmp/\(role)-\(getpid()).password")
    }

    private func write(_ text: String, to path: String) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var bytes = Array(text.utf8)
        _ = unsafe Glibc.write(descriptor, &bytes, bytes.count)
        close(descriptor)
    }

    @Test("the password file is read anew on every connect, and no message holds its content")
    func passwordRotation() throws {
        let database = try TestDatabase()
        let (role, file) = try passwordRole(database)
        defer { unsafe unlink(file) }
        var settings = database.settings(user: role)
        settings.passwordFile = file

        let missing = try #require(failure(settings))
        #expect(missing.code == "password_unreadable" && missing.failureClass == .configuration)
        #expect(missing.message == "could not read password file \"\(file)\"")
        #expect(missing.cause == "No such file or directory")

        write("wrong secret\n", to: file)
        let wrong = try #require(failure(settings))
        #expect(wrong.code == "wrong_password" && wrong.sqlState == "28P01")
        #expect(wrong.failureClass == .configuration)
        #expect(wrong.message.contains("password authentication failed for user \"\(role)\""))
        #expect(!wrong.description.contains("secret"))

        write("right secret\r\n", to: file)
        let connection = try Connection(settings, applicationName: "clvd:t/j#r")
        #expect(try connection.execute("SELECT current_user")[0, 0] == role)
    }

    @Test("a credential is read from the credentials directory, and only from there")
    func credential() throws {
        let database = try TestDatabase()
        let (role, file) = try passwordRole(database)
        defer { unsafe unlink(file) }
        write("right secret", to: file)
        var settings = database.settings(user: role)
        settings.passwordCredential = String(file.dropFirst("/tmp/".count))
        _ = try Connection(settings, applicationName: "x", credentials: "/tmp")
        #expect(failure(settings, credentials: nil)?.cause == "CREDENTIALS_DIRECTORY is not set")
        settings.passwordCredential = "../tmp/x"
        #expect(failure(settings, credentials: "/tmp")?.code == "password_unreadable")
    }

    @Test("each way of not getting in has its own code and fix")
    func refusals() throws {
        let database = try TestDatabase()
        let (role, _) = try passwordRole(database)
        #expect(failure(database.settings(user: role))?.code == "password_missing")
        #expect(failure(database.settings(user: "nobody at all"))?.code == "login_refused")

        var settings = database.settings()
        settings.database = "no such; db"
        let noDatabase = failure(settings)
        #expect(noDatabase?.code == "no_such_database")
        #expect(noDatabase?.message.hasSuffix("database \"no such; db\" does not exist") == true)

        settings.server = "/nonexistent"
        let unreachable = failure(settings)
        #expect(unreachable?.code == "server_unreachable")
        #expect(unreachable?.failureClass == .transient)

        settings.server = "127.0.0.1"
        settings.port = 1
        let refused = failure(settings)
        #expect(refused?.code == "server_unreachable")
        #expect(
            refused?.message
                == "could not connect to database \"no such; db\" at \"127.0.0.1\" port 1"
        )
        #expect(refused?.cause?.contains("Connection refused") == true)
    }

    @Test("a connection string is checked, and one with a password is refused unseen")
    func conninfo() throws {
        var settings = try TestDatabase().settings()
        settings.conninfo = "host=\(settings.server ?? "") dbname=postgres user=clvd_tests"
        settings.server = nil
        settings.database = nil
        settings.user = nil
        let connection = try Connection(settings, applicationName: "clvd:ü/j#r")
        #expect(connection.database == "postgres")
        settings.conninfo = "host=a password=hunter2"
        #expect(failure(settings)?.code == "password_in_configuration")
        settings.conninfo = "host=a password=hunter2 hunter2"
        #expect(failure(settings)?.description.contains("hunter2") == false)
        settings.conninfo = "hots=a"
        #expect(failure(settings)?.cause == #"invalid connection option "hots""#)
        settings.conninfo = "service=no_such_service"
        #expect(failure(settings)?.code == "bad_conninfo")
    }

    @Test("the session's name and encoding are set without session commands")
    func session() throws {
        let connection = try TestDatabase().connect()
        let rows = try connection.execute(
            "SELECT current_setting('application_name'), current_setting('client_encoding')"
        )
        #expect(rows[0, 0]?.hasPrefix("clvd:test/job#test_") == true)
        #expect(rows[0, 1] == "UTF8")
    }

    @Test("a refused table comes with the GRANT that helps")
    func permission() throws {
        let database = try TestDatabase()
        let role = try database.role("poor")
        try database.connect().execute(#"CREATE TABLE "Odd ""Table" (n int)"#)
        let connection = try database.connect(user: role)
        let error = #expect(throws: PostgresError.self) {
            try connection.transaction(.readOnlySnapshot) {
                try connection.execute(#"SELECT * FROM "Odd ""Table""#)
            }
        }
        #expect(error?.code == "permission_denied" && error?.failureClass == .configuration)
        #expect(error?.fix == #"run: GRANT SELECT ON "Odd ""Table" TO "\#(role)""#)
        let written = #expect(throws: PostgresError.self) {
            try connection.transaction {
                try connection.execute(#"INSERT INTO "Odd ""Table" VALUES (1)"#)
            }
        }
        #expect(written?.fix?.hasPrefix("run: clvctl db grants TENANT | psql") == true)
    }
}
