package import Domain

/// Which of the queued runs may start.
extension Scheduler {
    /// The queued runs, the one that goes first first.
    package func queued(at now: Instant) -> [ScheduledRun] {
        active.values.filter { $0.state == .queued }.map { (run: $0, urgency: urgency($0, now)) }
            .sorted { one, other in
                if one.urgency != other.urgency { return one.urgency > other.urgency }
                return (one.run.queuedAt, one.run.key) < (other.run.queuedAt, other.run.key)
            }.map(\.run)
    }

    /// In seconds: how long the job lacks a fresh forecast, and a multiple of how long it waits.
    ///
    /// Staleness counts for a month at most, so that after a day of waiting a run goes before any
    /// that came since, even before those of people.
    private func urgency(_ run: ScheduledRun, _ now: Instant) -> Double {
        let month = 30 * 86_400.0
        let stale = run.staleSince.map { min(max(0, now - $0), month) } ?? month
        let waiting = max(0, now - run.queuedAt)
        return (run.isByHand ? month : 0) + stale + 60 * waiting
    }

    mutating func admit(_ now: Instant) {
        let candidates = queued(at: now).filter { run in
            mayStart(run, now)
        }
        guard !candidates.isEmpty else { return }
        var load = Load(running.map { ($0.key, definitions[$0.key], need(of: $0.key)) })
        for run in candidates {
            guard load.runs < policy.slots else { return }
            let (job, need) = (definitions[run.key], need(of: run.key))
            guard load.allows(run.key, job, policy) else { continue }
            guard load.fits(need, policy) else {
                // It would never fit if smaller ones went past it for ever.
                if now - run.queuedAt > policy.memoryPatienceSeconds { return }
                continue
            }
            load.add(run.key, job, need)
            start(run, now)
        }
    }

    /// A run that nobody asked for waits while its job or everything is held, and in blackouts.
    private func mayStart(_ run: ScheduledRun, _ now: Instant) -> Bool {
        guard run.isByHand || (suspension == nil && jobs[run.key]?.hold == nil) else {
            return false
        }
        return earliestStart(of: run, now).map { $0 <= now } ?? false
    }

    /// When a queued run may start if a place is free; nil when blackouts leave no moment for it.
    func earliestStart(of run: ScheduledRun, _ now: Instant) -> Instant? {
        guard let job = definitions[run.key] else { return nil }
        let ready = max(run.notBefore ?? now, now)
        return run.isByHand ? ready : job.schedule.outOfBlackout(ready)
    }

    private func need(of key: JobKey) -> Int { jobs[key]?.memoryBytes ?? policy.firstMemoryBytes }

    private mutating func start(_ run: ScheduledRun, _ now: Instant) {
        var run = run
        run.state = .running
        run.startedAt = now
        run.notBefore = nil
        run.crashes += 1
        active[run.key] = run
        let job = definitions[run.key]
        stopAt[run.key] = job?.softTimeoutSeconds.map { now + $0 }
        killAt[run.key] = job?.hardTimeoutSeconds.map { now + $0 }
        actions += [.saveRun(run), .start(run)]
    }
}

/// What goes on, against the caps.
private struct Load {
    var runs = 0
    var memory = 0
    var tenants: [String: Int] = [:]
    var databases: [String: Int] = [:]

    init(_ running: [(JobKey, ScheduledJob?, Int)]) {
        for (key, job, need) in running { add(key, job, need) }
    }

    mutating func add(_ key: JobKey, _ job: ScheduledJob?, _ need: Int) {
        runs += 1
        memory += need
        tenants[key.tenant, default: 0] += 1
        databases[job?.database ?? "", default: 0] += 1
    }

    func allows(_ key: JobKey, _ job: ScheduledJob?, _ policy: SchedulerPolicy) -> Bool {
        (tenants[key.tenant] ?? 0) < policy.tenantSlots ?? .max
            && (databases[job?.database ?? ""] ?? 0) < policy.databaseSlots ?? .max
    }

    /// A run alone may always start, else it never would.
    func fits(_ need: Int, _ policy: SchedulerPolicy) -> Bool {
        runs == 0 || memory + need <= policy.memoryBytes ?? .max
    }
}
