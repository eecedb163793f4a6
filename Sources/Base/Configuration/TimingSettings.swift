package import Domain
package import Scheduling

/// The keys of `[[jobs]]` that say when and how a run may go on; lengths of time are in seconds.
package struct TimingSettings: Codable, Hashable, Sendable {
    /// OnCalendar expressions whose times do not count.
    package var excluded: [String] = []
    package var blackouts: [String] = []
    package var jitter = 0
    package var catchUp = CatchUp.once
    package var catchUpWindow = 86_400
    package var overlap = Overlap.skip
    /// No run holds its place for ever.
    package var softTimeout = 6 * 3600
    package var hardTimeout: Int?
    /// In bytes.
    package var memoryLimit: Int?
    package var threads: Int?
    package var outOfMemoryScore = 500
    package var maxNewPurchases: Int?
    package var maxNewCustomers: Int?
    package var maxDataAge: TimePeriod?
    package var maxDrift = Drift.usualLimit

    package init() {}

    /// Whether freshness depends on what only the data can tell.
    package var asksTheData: Bool {
        maxNewPurchases != nil || maxNewCustomers != nil || maxDataAge != nil
    }
}

/// The expressions that were read so far: a thousand jobs share a few.
package struct ReadCalendars {
    private var known: [String: OnCalendar] = [:]

    package init() {}

    mutating func calendar(_ text: String) throws(SchedulingError) -> OnCalendar {
        if let calendar = known[text] { return calendar }
        let calendar = try OnCalendar(text)
        known[text] = calendar
        return calendar
    }
}

extension JobSettings {
    /// When the job is due, with the jitter that belongs to it on this machine.
    package func schedule(
        in zone: TimeZoneRules,
        _ key: JobKey,
        machine: String,
        _ read: inout ReadCalendars
    ) throws(SchedulingError) -> Schedule {
        var built = Schedule(in: zone)
        for text in schedule { built.expressions.append(try read.calendar(text)) }
        for text in timing.excluded { built.excluded.append(try read.calendar(text)) }
        for text in timing.blackouts { built.blackouts.append(try BlackoutWindow(text)) }
        built.jitterSeconds = Jitter.seconds(machine: machine, key, upTo: Double(timing.jitter))
        return built
    }
}

extension TenantSettings {
    /// A job as the scheduler sees it.
    package func scheduled(
        _ job: JobSettings,
        in zone: TimeZoneRules,
        machine: String,
        fingerprint: String,
        _ read: inout ReadCalendars
    ) throws(SchedulingError) -> ScheduledJob {
        let key = JobKey(tenant: name, job: job.name)
        var scheduled = ScheduledJob(
            key: key,
            fingerprint: fingerprint,
            schedule: try job.schedule(in: zone, key, machine: machine, &read)
        )
        scheduled.catchUp = job.timing.catchUp
        scheduled.catchUpWindowSeconds = Double(job.timing.catchUpWindow)
        scheduled.overlap = job.timing.overlap
        scheduled.softTimeoutSeconds = Double(job.timing.softTimeout)
        scheduled.hardTimeoutSeconds = job.timing.hardTimeout.map { Double($0) }
        scheduled.servers = [source.connection.serverName, destination.connection.serverName]
        return scheduled
    }
}
