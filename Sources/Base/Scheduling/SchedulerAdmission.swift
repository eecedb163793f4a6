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
        for (run, wait) in placed(now) where wait == nil { start(run, now) }
    }

    /// Why a queued run does not start.
    package enum Wait: Hashable, Sendable {
        case held
        case retry(at: Instant)
        /// Nil: it leaves no moment.
        case blackout(until: Instant?)
        case slots(Int)
        case tenantSlots(Int)
        case serverSlots(Int)
        case memory(needed: Int, free: Int)
        /// A run that needs much memory goes first, and waits for it.
        case largerRun
    }

    /// What keeps a queued run from starting at this moment; nil when nothing does.
    package func wait(of run: ScheduledRun, at now: Instant) -> Wait? {
        placed(now).first { $0.run.id == run.id }?.wait
    }

    /// The queued runs in their order, with what keeps each of them from starting.
    private func placed(_ now: Instant) -> [(run: ScheduledRun, wait: Wait?)] {
        var load = Load(running.map { ($0.key, definitions[$0.key], need(of: $0.key)) })
        var isForLarger = false
        return queued(at: now).map { run in
            if let own = ownWait(of: run, now) { return (run, own) }
            let (job, need) = (definitions[run.key], need(of: run.key))
            if isForLarger { return (run, .largerRun) }
            if let full = load.wait(run.key, job, need, policy) {
                // It would never fit if smaller ones went past it for ever.
                if case .memory = full, now - run.queuedAt > policy.memoryPatienceSeconds {
                    isForLarger = true
                }
                return (run, full)
            }
            load.add(run.key, job, need)
            return (run, nil)
        }
    }

    /// A run that nobody asked for waits while its job or everything is held, and in blackouts.
    private func ownWait(of run: ScheduledRun, _ now: Instant) -> Wait? {
        let isHeld = suspension != nil || jobs[run.key]?.hold != nil
        if isHeld, !run.isByHand { return .held }
        if let retry = run.notBefore, retry > now { return .retry(at: retry) }
        guard let start = earliestStart(of: run, now) else { return .blackout(until: nil) }
        return start > now ? .blackout(until: start) : nil
    }

    /// When a queued run may start if a place is free; nil when blackouts leave no moment for it.
    package func earliestStart(of run: ScheduledRun, _ now: Instant) -> Instant? {
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
    var servers: [String: Int] = [:]

    init(_ running: [(JobKey, ScheduledJob?, Int)]) {
        for (key, job, need) in running { add(key, job, need) }
    }

    mutating func add(_ key: JobKey, _ job: ScheduledJob?, _ need: Int) {
        runs += 1
        memory += need
        tenants[key.tenant, default: 0] += 1
        for server in job?.servers ?? [] { servers[server, default: 0] += 1 }
    }

    /// A run alone may always start, however much memory it needs, else it never would.
    func wait(
        _ key: JobKey,
        _ job: ScheduledJob?,
        _ need: Int,
        _ policy: SchedulerPolicy
    ) -> Scheduler.Wait? {
        if runs >= policy.slots { return .slots(policy.slots) }
        if let slots = policy.tenantSlots, tenants[key.tenant] ?? 0 >= slots {
            return .tenantSlots(slots)
        }
        if let slots = policy.databaseSlots,
            job?.servers.contains(where: { servers[$0] ?? 0 >= slots }) == true
        {
            return .serverSlots(slots)
        }
        guard let limit = policy.memoryBytes, runs > 0, memory + need > limit else { return nil }
        return .memory(needed: need, free: max(0, limit - memory))
    }
}
