import Configuration
import Domain
import Ingestion
import Postgres
import Publishing
import WorkerContract

/// Work on a tenant's schema, asked for by hand.
struct DatabaseWork {
    private let plan: Plan
    private let settings: DatabaseSettings

    init(_ plan: Plan, _ settings: DatabaseSettings) {
        self.plan = plan
        self.settings = settings
    }

    func run() throws -> RunResult {
        var report = DatabaseReport()
        switch settings.action {
        case .migrate: report.steps = try migrate()
        case .grants: report.script = try grants()
        case .check: report.checks = try check()
        case .rollback: report.move = try rollback()
        }
        var result = RunResult(status: .succeeded)
        result.database = report
        return result
    }

    private func connect(_ connection: ConnectionSettings) throws(PostgresError) -> Connection {
        let name = Connection.applicationName(
            tenant: plan.tenant,
            job: settings.action.rawValue,
            run: plan.runID
        )
        return try Connection(connection, applicationName: name) { Cancellation.isRequested }
    }

    private func connectAsAdministrator() throws(PostgresError) -> Connection {
        try connect(settings.destination.adminConnection ?? settings.destination.connection)
    }

    private func destination() throws -> Destination {
        let connection = settings.destination.connection
        return try Destination(
            schema: settings.destination.schema,
            tenant: plan.tenant,
            job: plan.job
        ) { try connect(connection) }
    }

    private func migrate() throws -> [DatabaseReport.Step] {
        let steps = try Migrations.migrate(
            settings.destination.schema,
            to: settings.number,
            isDryRun: settings.isDryRun,
            on: connectAsAdministrator()
        )
        return steps.map { .init(number: $0.number, name: $0.name, sql: $0.sql) }
    }

    private func rollback() throws -> DatabaseReport.Move {
        let destination = try destination()
        let move = try Rollback.move(
            to: settings.number,
            in: destination,
            holder: plan.runID,
            on: destination.connect()
        )
        return .init(from: move.from, to: move.to, asOf: move.asOf)
    }

    private func check() throws -> [DatabaseReport.Check] {
        let destination = try destination()
        let connection = try destination.connect()
        try Migrations.check(destination.schema, tenant: plan.tenant, on: connection)
        var checks = try AccessCheck.all(of: destination, on: connection).map { check in
            DatabaseReport.Check(
                claim: check.claim,
                findings: check.findings.map { .init(what: $0.what, fix: $0.fix) },
                warning: check.isWarning ? true : nil
            )
        }
        if let source = settings.source {
            checks.append(try check(of: source, in: destination))
        }
        return checks
    }

    private func check(
        of source: SourceSettings,
        in destination: Destination
    ) throws -> DatabaseReport.Check {
        var findings: [DatabaseReport.Check.Finding] = []
        do {
            try SourceRights.prove(source.query, on: connect(source.connection))
        } catch let problem as any Problem {
            findings = [.init(what: problem.message, fix: problem.fix)]
        }
        return .init(claim: "the role may read what the tenant's query reads", findings: findings)
    }

    private func grants() throws -> String {
        let destination = try destination()
        let connection = try connectAsAdministrator()
        let role = try settings.isForReaders ? settings.role ?? "clv_reader" : publisher()
        let script = try GrantScript(for: role, in: destination, on: connection)
        if settings.isForReaders { return script.forReaders() }
        return script.forTenant(source: try sourceRights(role, connection))
    }

    /// The role that runs publish as.
    private func publisher() throws -> String {
        if let role = settings.role ?? settings.destination.connection.user { return role }
        return try connect(settings.destination.connection).user
    }

    private func sourceRights(_ role: String, _ admin: Connection) throws -> String {
        guard let source = settings.source else { return "" }
        let isHere = source.connection.leadsWhere(settings.destination.connection)
        let reader = isHere ? role : source.connection.user ?? role
        let place = isHere ? "" : ", to be run in the source's database"
        let head = "-- Of the source: the columns that the tenant's query reads\(place)."
        do {
            let connection = try isHere ? admin : connect(source.connection)
            let statements = try SourceRights(of: source.query, on: connection)
                .statements(for: reader)
            return ([head] + statements.map { isHere ? $0 : "--   " + printable($0) })
                .joined(separator: "\n")
        } catch let problem as any Problem {
            return """
                \(head)
                -- They are not known: \(printable(problem.message)).
                -- Print this again with an admin_connector that may use the source's schemas.
                """
        }
    }
}

extension ConnectionSettings {
    /// Whether both name one database of one server, whoever connects.
    fileprivate func leadsWhere(_ other: ConnectionSettings) -> Bool {
        conninfo == other.conninfo && server == other.server && port == other.port
            && database == other.database
    }
}
