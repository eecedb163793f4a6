import Configuration
import Domain
import JSONCoding
import ModelStore
import Scheduling

/// One job of the configuration in force, with what is computed from it once.
struct ConfiguredJob {
    var key: JobKey
    var tenant: TenantSettings
    var job: JobSettings
    var zone: TimeZoneRules

    var settings: RunSettings { RunSettings(tenant: tenant, job: job) }

    /// Differs when anything does that a run is told.
    var fingerprint: String {
        get throws { SHA256.hexadecimal(try JSONCoding.encode(settings)) }
    }
}

/// The configuration in force.
struct ConfiguredJobs {
    /// Counted from 1; a reload that is refused does not count.
    private(set) var generation: Int
    private(set) var service: ServiceSettings
    private(set) var tenants: Int
    private(set) var degraded: [Loaded.DegradedTenant]
    private(set) var jobs: [JobKey: ConfiguredJob] = [:]

    init(_ loaded: Loaded, generation: Int) throws {
        self.generation = generation
        service = loaded.settings.service
        tenants = loaded.settings.tenants.count
        degraded = loaded.degradedTenants
        // A thousand tenants live in few zones, and the rules of one take some kilobytes.
        var zones: [String: TimeZoneRules] = [:]
        for tenant in loaded.settings.tenants {
            let zone = try zones[tenant.timeZone] ?? TimeZoneRules(named: tenant.timeZone)
            zones[tenant.timeZone] = zone
            for job in tenant.jobs {
                let key = JobKey(tenant: tenant.name, job: job.name)
                jobs[key] = ConfiguredJob(
                    key: key,
                    tenant: tenant,
                    job: job,
                    zone: zone
                )
            }
        }
    }

    /// The same with the rules of the zones as the system has them now.
    func rereadingZones() throws -> ConfiguredJobs {
        var next = self
        var zones: [String: TimeZoneRules] = [:]
        for (key, job) in jobs {
            let name = job.tenant.timeZone
            let zone = try zones[name] ?? TimeZoneRules(named: name)
            zones[name] = zone
            next.jobs[key]?.zone = zone
        }
        return next
    }

    /// As the scheduler sees them, by name.
    func scheduled() throws -> [ScheduledJob] {
        let machine = Jitter.thisMachine
        var read = ReadCalendars()
        return try sorted.map { job in
            try job.tenant.scheduled(
                job.job,
                in: job.zone,
                machine: machine,
                fingerprint: try job.fingerprint,
                &read
            )
        }
    }

    var sorted: [ConfiguredJob] { jobs.values.sorted { $0.key < $1.key } }
}
