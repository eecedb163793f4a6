import Configuration
import ControlAPI
import Domain
import WorkerContract

let databaseMigrateCommand = CommandDefinition(
    "db migrate",
    .setUp,
    arguments: ["[TENANT]"],
    "make or update the tables that forecasts are published to",
    examples: ["clvctl db migrate acme", "clvctl db migrate --config ./clvd"],
    options: [
        .init("config", value: "DIR", "the configuration; what clvd reads unless told"), .json,
        .worker,
    ],
    notes: [
        "Connects as [destination] admin_connector when there is one. Calling it again is harmless.",
        "All tenants unless one is named; a tenant that fails does not stop the others.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let tenants = try chosenTenants(arguments, surroundings)
    var answer = MigrationAnswer()
    for tenant in tenants {
        var line = MigrationAnswer.Tenant(tenant: tenant.name)
        do throws(CommandFailure) {
            try migrate(tenant, arguments, surroundings)
        } catch {
            if error.exit == .interrupted { throw error }
            line.error = error.report
            answer.exitCode = error.exit
        }
        answer.tenants.append(line)
        if !arguments.has("json") { show(line, tenant.destination.schema, surroundings) }
    }
    if arguments.has("json") { surroundings.out.json(answer) }
    return answer.exitCode
}

private func chosenTenants(
    _ arguments: ParsedArguments,
    _ surroundings: Surroundings
) throws(CommandFailure) -> [TenantSettings] {
    let loaded: Loaded
    do throws(ConfigurationError) {
        loaded = try Loader(arguments.value("config"), surroundings).load()
    } catch {
        throw CommandFailure(error.report, exit: .configuration)
    }
    let name = arguments.positionals.first
    if let broken = loaded.degradedTenants.first(where: { name == nil || $0.name == name }) {
        throw CommandFailure(
            .configuration,
            "configuration_invalid",
            "tenant \"\(broken.name)\" has a broken configuration",
            cause: broken.diagnostics.text,
            fix: "correct it, then clvctl config check"
        )
    }
    let tenants = loaded.settings.tenants.filter { name == nil || $0.name == name }
    guard !tenants.isEmpty else {
        let names = loaded.settings.tenants.map(\.name)
        throw CommandFailure(
            .notFound,
            "no_such_tenant",
            name.map { "there is no tenant \"\($0)\"" } ?? "no tenants are configured",
            fix: name.flatMap { DidYouMean.sentence($0, among: names) }
                ?? "put a file for each tenant into tenants.d"
        )
    }
    return tenants
}

private func migrate(
    _ tenant: TenantSettings,
    _ arguments: ParsedArguments,
    _ surroundings: Surroundings
) throws(CommandFailure) {
    let plan = Plan(
        runID: surroundings.newRunID("migrate"),
        tenant: tenant.name,
        job: "migrate",
        work: .database(DatabaseSettings(action: .migrate, destination: tenant.destination))
    )
    _ = try WorkerSession(plan, arguments, surroundings).run()
}

private func show(
    _ line: MigrationAnswer.Tenant,
    _ schema: String,
    _ surroundings: Surroundings
) {
    if let error = line.error {
        surroundings.err.problem(error, title: "\(line.tenant): ")
    } else {
        surroundings.out.line("\(line.tenant): the schema \"\(schema)\" is up to date")
    }
}

/// `clvctl db migrate --json`.
private struct MigrationAnswer: Codable {
    struct Tenant: Codable {
        var tenant: String
        /// Left out when all is well.
        var error: ProblemReport?
    }

    var schema = "clvctl.db_migrate/1"
    var exitCode = CommandExit.fine
    var tenants: [Tenant] = []

    private enum CodingKeys: String, CodingKey {
        case schema, tenants
        case exitCode = "exit_code"
    }
}
