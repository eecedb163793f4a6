import Domain

/// What an SQLSTATE means for a run: its stable code, who can do something, and what.
struct SQLStateKind {
    let code: String
    let failureClass: FailureClass
    private let advice: String?

    init(_ sqlState: String, isReadOnly: Bool = false) {
        if sqlState == "25006", !isReadOnly {
            // Nobody asked for a read-only transaction: a standby, or a server in maintenance.
            self.init("server_is_read_only", .transient, "connect to the primary server")
        } else if let known = SQLStateKind.states[sqlState] {
            self.init(known.code, known.failureClass, known.advice)
        } else if let known = SQLStateKind.classes[String(sqlState.prefix(2))] {
            self.init(known.code, known.failureClass, known.advice)
        } else {
            self.init("statement_failed", .configuration, nil)
        }
    }

    private init(_ code: String, _ failureClass: FailureClass, _ advice: String?) {
        self.code = code
        self.failureClass = failureClass
        self.advice = advice
    }

    /// "could not" may work later, "cannot" never will.
    var verb: String { failureClass == .transient ? "could not" : "cannot" }

    /// A sentence or a statement that helps; nil when only the server's hint is left.
    func fix(for message: String, in context: StatementContext) -> String? {
        switch code {
        case "permission_denied": grant(for: message, in: context) ?? advice
        case "login_refused" where message.hasPrefix("Peer authentication failed"):
            """
            run the service as the operating system's user "\(context.user)", or map its user to \
            the role in pg_ident.conf, or set password_credential and let the role in by password
            """
        default: advice
        }
    }

    /// The GRANT that a refused access asks for, read from the server's English message.
    private func grant(for message: String, in context: StatementContext) -> String? {
        let rights = [
            ("table ", "SELECT ON"), ("view ", "SELECT ON"), ("relation ", "SELECT ON"),
            ("materialized view ", "SELECT ON"), ("foreign table ", "SELECT ON"),
            ("sequence ", "USAGE ON SEQUENCE"),
            ("schema ", context.isReadOnly ? "USAGE ON SCHEMA" : "USAGE, CREATE ON SCHEMA"),
            ("database ", "CREATE ON DATABASE"),
        ]
        for (kind, right) in rights {
            let prefix = "permission denied for \(kind)"
            guard message.hasPrefix(prefix) else { continue }
            // What is written to has exact rights, column by column, which one list knows.
            if !context.isReadOnly, !["schema ", "database "].contains(kind) {
                return "run: clvctl db grants TENANT | psql, as the owner of the schema"
            }
            let object = quoted(identifier: String(message.dropFirst(prefix.count)))
            return "run: GRANT \(right) \(object) TO \(quoted(identifier: context.user))"
        }
        return nil
    }

    private typealias Entry = (code: String, failureClass: FailureClass, advice: String?)

    private static let states: [String: Entry] = [
        "28P01": (
            "wrong_password", .configuration,
            "correct the password in password_credential or password_file, or the user"
        ),
        "28000": (
            "login_refused", .configuration,
            "create the role on the server, or let it in by pg_hba.conf, or correct the user"
        ),
        "3D000": ("no_such_database", .configuration, "correct db in the connector, or create it"),
        "3F000": ("no_such_schema", .configuration, "correct the schema's name, or create it"),
        "25006": (
            "data_changing_query", .configuration, "write a query that only reads"
        ),
        "42703": (
            "no_such_column", .configuration,
            "correct the column's name in the tenant's file, or select it in the query"
        ),
        "42883": (
            "no_such_function", .configuration,
            "correct the function's name or the types of its arguments in the query"
        ),
        "42P01": (
            "no_such_table", .configuration,
            "correct the table's name in the query, and name its schema"
        ),
        "42601": ("syntax_error", .configuration, "correct the query of data_query_path"),
        "42939": ("reserved_name", .configuration, "choose another schema in [destination]"),
        "42501": ("permission_denied", .configuration, "grant the right to the connecting role"),
        "40P01": ("deadlock", .transient, "the run is tried again"),
        "53100": ("disk_full", .transient, "free space on the server's disk"),
        "53300": (
            "too_many_connections", .transient, "raise max_connections or put a pooler before it"
        ),
        "55006": ("object_in_use", .transient, "the run is tried again"),
        "55P03": ("lock_timeout", .transient, "see who holds the lock in pg_locks"),
        "57014": ("statement_timeout", .transient, "see what slows the server down"),
    ]

    private static let classes: [String: Entry] = [
        "08": ("connection_lost", .transient, "see the server's log; the run is tried again"),
        "22": ("data_refused", .refused, nil),
        "23": ("data_refused", .refused, nil),
        "28": ("login_refused", .configuration, nil),
        "40": ("transaction_conflict", .transient, "the run is tried again"),
        "42": ("statement_refused", .configuration, nil),
        "53": ("server_out_of_resources", .transient, "see the server's log and its resources"),
        "54": ("data_refused", .refused, nil),
        "57": ("server_shutting_down", .transient, "see the server's log; the run is tried again"),
        "58": ("server_disk_trouble", .transient, "see the server's log; the run is tried again"),
        "XX": ("server_trouble", .transient, "see the server's log; the run is tried again"),
    ]
}

extension PostgresError {
    /// The table or view that the role has no right to, as the server names it: without its schema.
    package var refusedTable: String? {
        guard sqlState == "42501" else { return nil }
        let kinds = ["table", "view", "relation", "materialized view", "foreign table"]
        return kinds.map { "permission denied for \($0) " }.first { message.hasPrefix($0) }
            .map { String(message.dropFirst($0.count)) }
    }
}
