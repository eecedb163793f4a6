import Configuration
import ControlAPI
import Domain
import Scheduling

/// A job as the configuration tells of it, without any clvd.
enum JobFiles {
    /// Its settings.
    static func settings(
        of name: JobName,
        _ arguments: ParsedArguments,
        _ surroundings: Surroundings
    ) throws(CommandFailure) -> (TenantSettings, JobSettings) {
        let loaded: Loaded
        do throws(ConfigurationError) {
            loaded = try Loader(arguments.value("config"), surroundings).load()
        } catch {
            throw CommandFailure(error.report, exit: .configuration)
        }
        if let broken = loaded.degradedTenants.first(where: { $0.name == name.tenant }) {
            throw CommandFailure(
                .configuration,
                "configuration_invalid",
                "tenant \"\(broken.name)\" has a broken configuration",
                cause: broken.diagnostics.text,
                fix: "correct it, then clvctl config check"
            )
        }
        guard let tenant = loaded.settings.tenants.first(where: { $0.name == name.tenant }),
            let job = tenant.jobs.first(where: { $0.name == name.job })
        else {
            let names = loaded.settings.tenants.flatMap { tenant in
                tenant.jobs.map { "\(tenant.name)/\($0.name)" }
            }
            throw CommandFailure(
                .notFound,
                "not_found",
                "there is no job \"\(name.text)\"",
                fix: DidYouMean.sentence(name.text, among: names)
                    ?? "configured are: \(names.joined(separator: ", "))"
            )
        }
        return (tenant, job)
    }

    /// When it is due.
    static func scheduled(
        _ job: JobSettings,
        of tenant: TenantSettings
    ) throws(CommandFailure) -> ScheduledJob {
        do throws(SchedulingError) {
            let zone = try TimeZoneRules(named: tenant.timeZone)
            var read = ReadCalendars()
            return try tenant.scheduled(
                job,
                in: zone,
                machine: Jitter.thisMachine,
                fingerprint: "",
                &read
            )
        } catch {
            throw CommandFailure(error.report, exit: .configuration)
        }
    }
}
