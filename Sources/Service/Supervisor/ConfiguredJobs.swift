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
    /// Differs when anything does that models are fitted by.
    var modelHash: String

    var settings: RunSettings { RunSettings(tenant: tenant, job: job) }

    /// Differs when anything does that a run is told.
    var fingerprint: String {
        get throws { SHA256.hexadecimal(try JSONCoding.encode(settings)) }
    }
}

/// The configuration in force.
///
/// What jobs of one tenant have in common is kept once: it makes up most of a job's settings.
struct ConfiguredJobs {
    /// Counted from 1; a reload that is refused does not count.
    private(set) var generation: Int
    private(set) var service: ServiceSettings
    private(set) var degraded: [Loaded.DegradedTenant]
    private var tenants: [ConfiguredTenant]
    private let places: [JobKey: Place]

    private struct ConfiguredTenant {
        let settings: TenantSettings
        var zone: TimeZoneRules
    }

    private struct Place {
        var tenant: Int
        var job: Int
        var modelHash: String
    }

    init(_ loaded: Loaded, generation: Int) throws {
        self.generation = generation
        service = loaded.settings.service
        degraded = loaded.degradedTenants
        let zones = try ConfiguredJobs.zones(of: loaded.settings.tenants)
        var tenants: [ConfiguredTenant] = []
        var places: [JobKey: Place] = [:]
        for settings in loaded.settings.tenants {
            guard let zone = zones[settings.timeZone] else { continue }
            for (index, job) in settings.jobs.enumerated() {
                let key = JobKey(tenant: settings.name, job: job.name)
                let fingerprint = RunSettings(tenant: settings, job: job).modelFingerprint
                places[key] = Place(
                    tenant: tenants.count,
                    job: index,
                    modelHash: SHA256.hexadecimal(Array(fingerprint.utf8))
                )
            }
            tenants.append(ConfiguredTenant(settings: settings, zone: zone))
        }
        self.tenants = tenants
        self.places = places
    }

    var tenantCount: Int { tenants.count }
    var count: Int { places.count }
    var keys: some Collection<JobKey> { places.keys }
    var sorted: [ConfiguredJob] { keys.sorted().compactMap { self[$0] } }

    subscript(key: JobKey) -> ConfiguredJob? {
        places[key].map { place in
            let tenant = tenants[place.tenant]
            return ConfiguredJob(
                key: key,
                tenant: tenant.settings,
                job: tenant.settings.jobs[place.job],
                zone: tenant.zone,
                modelHash: place.modelHash
            )
        }
    }

    /// The same with the rules of the zones as the system has them now.
    func rereadingZones() throws -> ConfiguredJobs {
        var next = self
        let zones = try ConfiguredJobs.zones(of: tenants.map(\.settings))
        for index in tenants.indices {
            let name = tenants[index].settings.timeZone
            if let zone = zones[name] { next.tenants[index].zone = zone }
        }
        return next
    }

    /// By name: a thousand tenants live in few zones, and the rules of one take some kilobytes.
    private static func zones(of tenants: [TenantSettings]) throws -> [String: TimeZoneRules] {
        var zones: [String: TimeZoneRules] = [:]
        for name in Set(tenants.map(\.timeZone)) { zones[name] = try TimeZoneRules(named: name) }
        return zones
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
}
