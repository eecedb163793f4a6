import Configuration
import Domain
import FileSystem
import TestSupport
import Testing
import WorkerContract

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct BadConnectionTests {
    /// A way to connect that is no good: what is set, and how it is refused.
    struct Attempt: Sendable, CustomTestStringConvertible {
        let refusal: Refusal
        let set: @Sendable (inout ConnectionSettings, Shop) -> Void

        init(
            _ refusal: Refusal,
            _ set: @escaping @Sendable (inout ConnectionSettings, Shop) -> Void
        ) {
            self.refusal = refusal
            self.set = set
        }

        var testDescription: String { refusal.testDescription }
    }

    private static let attempts = [
        Attempt(
            Refusal(
                "no right to a table",
                .configuration,
                "permission_denied",
                "cannot run the query: permission denied for table shop",
                cause: "SQLSTATE 42501",
                fix: "run: GRANT SELECT ON \"public\".\"shop\" TO \"STRANGER\""
            )
        ) { $0.user = $1.stranger },
        Attempt(
            Refusal(
                "wrong password",
                .configuration,
                "wrong_password",
                "cannot log in as \"GUARDED\" to database \"DATABASE\" at \"SOCKET\" port 5432:"
                    + " password authentication failed for user \"GUARDED\"",
                cause: "SQLSTATE 28P01",
                fix: "correct the password in password_credential or password_file, or the user"
            )
        ) {
            $0.user = $1.guarded
            $0.passwordFile = $1.folder.path + "/wrong"
        },
        Attempt(
            Refusal(
                "no password",
                .configuration,
                "password_missing",
                "cannot log in as \"GUARDED\" to database \"DATABASE\" at \"SOCKET\" port 5432:"
                    + " it asks for a password",
                cause: "connection to server on socket \"SOCKET/.s.PGSQL.5432\" failed:"
                    + " fe_sendauth: no password supplied",
                fix: "set password_credential or password_file"
            )
        ) { $0.user = $1.guarded },
        Attempt(
            Refusal(
                "no password file",
                .configuration,
                "password_unreadable",
                "could not read password file \"/nonexistent/password\"",
                cause: "No such file or directory",
                fix: "correct password_file, or make the file readable for the service's user"
            )
        ) {
            $0.user = $1.guarded
            $0.passwordFile = "/nonexistent/password"
        },
        Attempt(
            Refusal(
                "no such role",
                .configuration,
                "login_refused",
                "cannot log in as \"ghost\" to database \"DATABASE\" at \"SOCKET\" port 5432:"
                    + " role \"ghost\" does not exist",
                cause: "SQLSTATE 28000",
                fix: "create the role on the server, or let it in by pg_hba.conf, or correct the"
                    + " user"
            )
        ) { settings, _ in settings.user = "ghost" },
        Attempt(
            Refusal(
                "another user's role",
                .configuration,
                "login_refused",
                "cannot log in as \"PEER\" to database \"DATABASE\" at \"SOCKET\" port 5432:"
                    + " Peer authentication failed for user \"PEER\"",
                cause: "SQLSTATE 28000",
                fix: "run the service as the operating system's user \"PEER\", or map its user to"
                    + " the role in pg_ident.conf, or set password_credential and let the role in"
                    + " by password"
            )
        ) { $0.user = $1.peer },
        Attempt(
            Refusal(
                "no such database",
                .configuration,
                "no_such_database",
                "cannot log in as \"clvd_tests\" to database \"nowhere\" at \"SOCKET\" port 5432:"
                    + " database \"nowhere\" does not exist",
                cause: "SQLSTATE 3D000",
                fix: "correct db in the connector, or create it"
            )
        ) { settings, _ in settings.database = "nowhere" },
        Attempt(
            Refusal(
                "no server at the socket",
                .transient,
                "server_unreachable",
                "could not connect to database \"DATABASE\" at \"/nonexistent\" port 5432",
                cause: "connection to server on socket \"/nonexistent/.s.PGSQL.5432\" failed:"
                    + " No such file or directory",
                fix: "check the connector, and that the server runs:"
                    + " pg_isready -h /nonexistent -p 5432"
            )
        ) { settings, _ in settings.server = "/nonexistent" },
        Attempt(
            Refusal(
                "no server at the port",
                .transient,
                "server_unreachable",
                "could not connect to database \"DATABASE\" at \"127.0.0.1\" port 1",
                cause: "connection to server at \"127.0.0.1\", port 1 failed: Connection refused",
                fix: "check the connector, and that the server runs: pg_isready -h 127.0.0.1 -p 1"
            )
        ) { settings, _ in
            settings.server = "127.0.0.1"
            settings.port = 1
        },
        Attempt(
            Refusal(
                "a port that is none",
                .configuration,
                "bad_conninfo",
                "cannot read the connection settings",
                cause: "invalid port number: \"99999999\"",
                fix: "write conninfo as keyword=value pairs or a postgresql:// address"
            )
        ) { settings, _ in settings.port = 99_999_999 },
        Attempt(
            Refusal(
                "a connection string with a secret",
                .configuration,
                "password_in_configuration",
                "conninfo cannot hold a password",
                fix: "put the password in password_credential or password_file"
            )
        ) { settings, _ in settings.conninfo = "host=/nonexistent password=hunter2" },
    ]

    @Test("a source that cannot be reached is told, and the run is recorded", arguments: attempts)
    func source(_ attempt: Attempt) throws {
        let shop = try Shop.shared.get()
        var settings = shop.database.settings()
        attempt.set(&settings, shop)
        let error = attempt.refusal.naming(names(shop))
        let plan = shop.plan("select c, t, a from shop", source: settings)
        let ending = try Programs.work(on: plan)
        #expect(try ending.problem() == error)
        #expect(ending.code == attempt.refusal.exit.rawValue)
        try shop.expectTrace(of: plan, error)
    }

    @Test(
        "a destination that cannot be reached is told in the same words",
        arguments: attempts[1...]
    )
    func destination(_ attempt: Attempt) throws {
        let shop = try Shop.shared.get()
        var connection = shop.database.settings()
        attempt.set(&connection, shop)
        let plan = shop.plan("select c, t, a from shop") { $0.destination.connection = connection }
        let ending = try Programs.work(on: plan)
        #expect(try ending.problem() == attempt.refusal.naming(names(shop)))
        #expect(ending.code == attempt.refusal.exit.rawValue)
        try shop.expectNothingOpen(of: plan)
    }

    @Test("a role that may not make tables is told which grant it lacks")
    func noRightToCreate() throws {
        let shop = try Shop.shared.get()
        let connection = shop.database.settings(user: shop.stranger)
        let plan = shop.plan("select c, t, a from shop") {
            $0.destination.connection = connection
            $0.destination.schema = "mine"
        }
        let ending = try Programs.work(on: plan)
        let (database, role) = (shop.database.name, shop.stranger)
        #expect(
            try ending.problem()
                == ProblemReport(
                    code: "permission_denied",
                    message: "permission denied for database \(database)",
                    cause: "SQLSTATE 42501",
                    fix: "run: GRANT CREATE ON DATABASE \"\(database)\" TO \"\(role)\""
                )
        )
        #expect(ending.code == ExitCode.configuration.rawValue)
        #expect(try shop.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'mine'") == [])
    }

    private func names(_ shop: Shop) -> [String: String] {
        [
            "STRANGER": shop.stranger, "GUARDED": shop.guarded, "PEER": shop.peer,
            "DATABASE": shop.database.name,
            "SOCKET": shop.database.directory,
        ]
    }
}
