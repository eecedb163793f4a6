import Configuration
import ControlAPI
import Domain
import WorkerContract

let databaseMigrateCommand = CommandDefinition(
    "db migrate",
    .setUp,
    arguments: ["[TENANT]"],
    "make or update the tables that forecasts are published to",
    examples: ["clvctl db migrate acme", "clvctl db migrate --dry-run --show-sql"],
    options: [
        .init(
            "dry-run",
            "do it, undo it, and say what would change; ends with 10 when something would"
        ),
        .init("show-sql", "print the statements of each migration"),
        .init("to", value: "N", "stop behind migration N"),
        .configuration, .json, .worker,
    ],
    notes: [
        "Connects as [destination] admin_connector when there is one. Calling it again is harmless.",
        "All tenants unless one is named; a tenant that fails does not stop the others.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let work = TenantWork(arguments: arguments, surroundings: surroundings)
    let isDryRun = arguments.has("dry-run")
    let last =
        arguments.has("to")
        ? try arguments.integer("to", in: 1...1_000_000, default: 1) : nil
    var answer = MigrationAnswer(dryRun: isDryRun)
    for tenant in try work.tenants(named: arguments.positionals.first) {
        var line = MigrationAnswer.Tenant(tenant: tenant.name)
        do throws(CommandFailure) {
            let report = try work.report(of: .migrate, for: tenant) {
                $0.isDryRun = isDryRun
                $0.number = last
            }
            line.migrations = report.steps.map { step in
                .init(step, withSQL: arguments.has("show-sql"))
            }
            if isDryRun, !line.migrations.isEmpty, answer.exitCode == .fine {
                answer.exitCode = .planHasChanges
            }
        } catch {
            if error.exit == .interrupted { throw error }
            line.error = error.report
            answer.exitCode = error.exit
        }
        answer.tenants.append(line)
        if !arguments.has("json") {
            line.show(schema: tenant.destination.schema, isDryRun, surroundings)
        }
    }
    if arguments.has("json") { surroundings.out.json(answer) }
    return answer.exitCode
}

/// `clvctl db migrate --json`.
private struct MigrationAnswer: Codable {
    struct Migration: Codable {
        var number: Int
        var name: String
        var sql: String?

        init(_ step: DatabaseReport.Step, withSQL: Bool) {
            number = step.number
            name = step.name
            sql = withSQL ? step.sql : nil
        }
    }

    struct Tenant: Codable {
        var tenant: String
        /// Those that were missing.
        var migrations: [Migration] = []
        /// Left out when all is well.
        var error: ProblemReport?

        init(tenant: String) { self.tenant = tenant }

        func show(schema: String, _ isDryRun: Bool, _ surroundings: Surroundings) {
            for migration in migrations {
                surroundings.out.line(
                    "\(tenant): migration \(migration.number), \(migration.name), "
                        + (isDryRun ? "would be applied" : "applied")
                )
                if let sql = migration.sql { surroundings.out.line(sql) }
            }
            if let error {
                surroundings.err.problem(error, title: "\(tenant): ")
            } else if !isDryRun || migrations.isEmpty {
                surroundings.out.line("\(tenant): the schema \"\(schema)\" is up to date")
            }
        }
    }

    var schema = "clvctl.db_migrate/1"
    var exitCode = CommandExit.fine
    var dryRun: Bool
    var tenants: [Tenant] = []

    init(dryRun: Bool) { self.dryRun = dryRun }

    private enum CodingKeys: String, CodingKey {
        case schema, tenants
        case dryRun = "dry_run"
        case exitCode = "exit_code"
    }
}
