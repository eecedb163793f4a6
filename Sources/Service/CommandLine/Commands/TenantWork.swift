import Configuration
import ControlAPI
import Domain
import WorkerContract

extension OptionDefinition {
    static let configuration = OptionDefinition(
        "config",
        value: "DIR",
        "the configuration; what clvd reads unless told"
    )
}

/// Work on the database of tenants, which a worker does: clvctl opens no database.
struct TenantWork {
    let arguments: ParsedArguments
    let surroundings: Surroundings

    /// The configured tenants, or the one with this name.
    func tenants(named name: String?) throws(CommandFailure) -> [TenantSettings] {
        let loaded: Loaded
        do throws(ConfigurationError) {
            loaded = try Loader(arguments.value("config"), surroundings).load()
        } catch {
            throw CommandFailure(error.report, exit: .configuration)
        }
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

    /// The one tenant that the command line names.
    func tenant(_ name: String) throws(CommandFailure) -> TenantSettings {
        let found = try tenants(named: name)
        guard let tenant = found.first else { preconditionFailure("none was told") }
        return tenant
    }

    /// Has a worker do it, and gives what it reports.
    func report(
        of action: DatabaseSettings.Action,
        for tenant: TenantSettings,
        job: String? = nil,
        _ adjust: (inout DatabaseSettings) -> Void = { _ in }
    ) throws(CommandFailure) -> DatabaseReport {
        var settings = DatabaseSettings(action: action, destination: tenant.destination)
        adjust(&settings)
        let plan = Plan(
            runID: surroundings.newRunID(action.rawValue),
            tenant: tenant.name,
            job: job ?? action.rawValue,
            work: .database(settings)
        )
        return try WorkerSession(plan, arguments, surroundings).run().database ?? DatabaseReport()
    }
}
