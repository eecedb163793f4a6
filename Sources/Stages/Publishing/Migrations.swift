import Domain
package import Postgres

/// The numbered steps that make and change the schema.
///
/// A step that was released never changes: its checksum is kept in `schema_versions`.
package enum Migrations {
    struct Step: Sendable {
        let number: Int
        let name: String
        /// The statements for a schema whose name is already quoted.
        let sql: @Sendable (_ schema: String) -> String
    }

    /// A step that was taken, with its statements for the schema that took it.
    package struct Taken: Sendable {
        package let number: Int
        package let name: String
        package let sql: String
    }

    static let steps = [
        Step(number: 1, name: "first tables and views", sql: firstStep),
        Step(number: 2, name: "freshness tells of drift") {
            Views.freshness(in: $0).creation(in: $0, isReplacing: true)
        },
    ]
    /// A run works with the schema of the version before, so that the program can go first.
    private static var oldestUsable: Int { max(1, newest - 1) }

    package static var newest: Int { steps.last?.number ?? 0 }

    /// Which step the schema is at; nil when there is none.
    package static func version(
        of schema: String,
        on connection: Connection
    ) throws(PostgresError) -> Int? {
        let table = "\(quoted(identifier: schema)).schema_versions"
        guard try connection.hasTable("schema_versions", in: schema) else { return nil }
        return try connection.execute("SELECT max(version) FROM \(table)").integer(0, 0)
    }

    /// Throws unless this program can work with the schema as it is.
    package static func check(
        _ schema: String,
        tenant: String,
        on connection: Connection
    ) throws {
        try ServerVersion.demand(on: connection)
        let migrate = "run: clvctl db migrate \(tenant)"
        switch try version(of: schema, on: connection) {
        case nil:
            throw PublishingError(
                "not_migrated",
                "schema \"\(schema)\" of database \"\(connection.database)\" has no tables of clvd",
                fix: migrate,
                .configuration
            )
        case let found? where found > newest: throw tooNew(schema, found)
        case let found? where found < oldestUsable:
            throw PublishingError(
                "old_schema",
                "schema \"\(schema)\" is at version \(found), this program needs \(newest)",
                fix: migrate,
                .configuration
            )
        default:
            // A schema made by a build between two releases has its number and another shape.
            for step in steps { _ = try isTaken(step, in: schema, on: connection) }
        }
    }

    /// Makes the schema ready for a run: migrates it where that is allowed, else checks it.
    ///
    /// `admin` opens the session of the role that may migrate.
    package static func prepare(
        _ schema: String,
        tenant: String,
        mayMigrate: Bool,
        on connection: Connection,
        admin: () throws -> Connection
    ) throws -> [Int] {
        if mayMigrate, try version(of: schema, on: connection).map({ $0 < newest }) ?? true {
            return try migrate(schema, on: admin()).map(\.number)
        }
        try check(schema, tenant: tenant, on: connection)
        return []
    }

    /// Takes the steps that are missing up to `last`, each in its own transaction.
    ///
    /// A dry run takes them all in one, which it rolls back: so what would fail, fails.
    package static func migrate(
        _ schema: String,
        to last: Int? = nil,
        isDryRun: Bool = false,
        on connection: Connection
    ) throws -> [Taken] {
        if let last, !(1...newest).contains(last) { throw noSuchStep(last) }
        try ServerVersion.demand(on: connection)
        if isDryRun { try connection.begin() }
        defer { if isDryRun { connection.rollback() } }
        var taken: [Taken] = []
        for step in steps where step.number <= last ?? newest {
            let isNew =
                try isDryRun
                ? apply(step, to: schema, on: connection)
                : connection.transaction { try apply(step, to: schema, on: connection) }
            guard isNew else { continue }
            let sql = step.sql(quoted(identifier: schema))
            taken.append(Taken(number: step.number, name: step.name, sql: sql))
        }
        if let found = try version(of: schema, on: connection), found > newest {
            throw tooNew(schema, found)
        }
        return taken
    }

    private static func apply(
        _ step: Step,
        to schema: String,
        on connection: Connection
    ) throws -> Bool {
        let name = quoted(identifier: schema)
        // Two migrations of one schema at once: the second waits and finds the work done.
        try connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('clvd schema ' || $1, 0))",
            [schema]
        )
        if try version(of: schema, on: connection) == nil {
            try makeLedger(schema, on: connection)
        } else if try isTaken(step, in: schema, on: connection) {
            return false
        }
        try connection.executeScript(step.sql(name))
        try connection.execute(
            "INSERT INTO \(name).schema_versions VALUES ($1, $2, $3, now())",
            [String(step.number), step.name, try checksum(of: step, on: connection)]
        )
        return true
    }

    /// Whether the schema took the step; throws when it took another one of that number.
    private static func isTaken(
        _ step: Step,
        in schema: String,
        on connection: Connection
    ) throws -> Bool {
        let row = try connection.execute(
            "SELECT checksum FROM \(quoted(identifier: schema)).schema_versions WHERE version = $1",
            [String(step.number)]
        )
        guard row.count == 1 else { return false }
        guard row[0, 0] == (try checksum(of: step, on: connection)) else {
            throw foreignStep(step, schema)
        }
        return true
    }

    private static let versions = Table(
        name: "schema_versions",
        comment: "which migrations were applied",
        columns: [
            .required("version", "integer", "the migration's number"),
            .required("name", "text", "what it does"),
            .required("checksum", "text", "SHA-256 of its statements for a schema named clv"),
            .required("applied_at", "timestamptz", "when"),
        ],
        constraints: ["PRIMARY KEY (version)"]
    )

    /// The schema, when nobody made it yet, and the table of its versions.
    private static func makeLedger(_ schema: String, on connection: Connection) throws {
        let name = quoted(identifier: schema)
        let known = try connection.execute(
            "SELECT 1 FROM pg_namespace WHERE nspname = $1",
            [schema]
        )
        if known.count == 0 {
            try connection.executeScript(
                "CREATE SCHEMA \(name); COMMENT ON SCHEMA \(name) IS 'forecasts by clvd'"
            )
        }
        try connection.executeScript(versions.creation(in: name))
    }

    /// The server makes it, because nothing else here needs a hash library.
    private static func checksum(of step: Step, on connection: Connection) throws -> String? {
        try connection.execute(
            "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')",
            [step.sql(quoted(identifier: "clv"))]
        )[0, 0]
    }

    private static func noSuchStep(_ number: Int) -> PublishingError {
        PublishingError(
            "no_such_migration",
            "there is no migration \(number), this program has 1 to \(newest)",
            fix: "leave --to out to take all of them",
            .configuration
        )
    }

    private static func tooNew(_ schema: String, _ found: Int) -> PublishingError {
        PublishingError(
            "newer_schema",
            "schema \"\(schema)\" is at version \(found), this program knows \(newest) at most",
            fix: "install the version of clvd that made it, or a later one",
            .configuration
        )
    }

    private static func foreignStep(_ step: Step, _ schema: String) -> PublishingError {
        PublishingError(
            "changed_migration",
            "migration \(step.number) of schema \"\(schema)\" is not the one this program has",
            cause: "the checksums in schema_versions differ",
            fix: "install the version of clvd that made the schema, or name another schema",
            .configuration
        )
    }

    private static let tables =
        RunTables.all + ModelTables.all + BulkTable.allCases.map(\.root)

    /// The tables that row-level security is forced on.
    static let guardedTables = [RowSecurity.tenantRoles] + tables

    private static func firstStep(_ schema: String) -> String {
        let statements =
            ["CREATE SEQUENCE \(schema).publication_numbers;"]
            + (tables + [RowSecurity.tenantRoles]).map { $0.creation(in: schema) }
            + [RowSecurity.statements(for: tables, in: schema)]
            + [
                "CREATE INDEX runs_of_job ON \(schema).runs (tenant_id, job_name, started_at);",
                """
                CREATE INDEX publications_of_job
                    ON \(schema).publications (tenant_id, job_name, publication_number)
                    WHERE removed_at IS NULL;
                """,
            ]
            + Views.first(in: schema).map { $0.creation(in: schema) }
        return statements.joined(separator: "\n")
    }
}
