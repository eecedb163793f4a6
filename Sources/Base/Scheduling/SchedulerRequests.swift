package import Domain

extension Scheduler {
    /// The answer to a `check`.
    package mutating func checked(_ key: JobKey, dueAt: Instant, _ check: FreshnessCheck) {
        guard var state = jobs[key] else { return }
        state.lastCheck = check
        save(state)
        guard check.verdict == .stale, active[key] == nil, !isDraining else { return }
        var run = ScheduledRun(id: newRunID(check.at), key: key, queuedAt: check.at)
        run.dueAt = dueAt
        run.reasons = check.reasons
        run.staleSince = check.staleSince
        active[key] = run
        actions.append(.saveRun(run))
    }

    package enum Refusal: Error, Hashable {
        case noSuchJob
        /// One run for each job at a time.
        case alreadyRunning(ScheduledRun)
        case stopping
    }

    /// Somebody wants a run now; a run of the job that waits for its next attempt is it.
    package mutating func request(
        _ request: RunRequest,
        now: Instant
    ) throws(Refusal) -> ScheduledRun {
        if isDraining { throw .stopping }
        guard definitions[request.key] != nil else { throw .noSuchJob }
        if var waiting = active[request.key] {
            guard waiting.state == .queued, waiting.asOf == request.asOf else {
                throw .alreadyRunning(waiting)
            }
            waiting.notBefore = nil
            waiting.retrain = waiting.retrain || request.retrain
            active[request.key] = waiting
            actions.append(.saveRun(waiting))
            return waiting
        }
        var run = ScheduledRun(id: newRunID(now), key: request.key, queuedAt: now)
        run.asOf = request.asOf
        run.retrain = request.retrain
        run.reasons = ["by_hand"]
        active[request.key] = run
        actions.append(.saveRun(run))
        if var state = jobs[request.key], state.hold != nil {
            state.hold = nil
            save(state)
        }
        return run
    }

    /// Somebody wants a run to end; nil when it is not queued or running.
    package mutating func cancel(id: String, now: Instant) -> ScheduledRun? {
        guard var run = run(id: id) else { return nil }
        if run.state == .queued {
            finish(&run, .cancelled, now)
            return run
        }
        guard !run.isCancelling else { return run }
        run.isCancelling = true
        active[run.key] = run
        actions.append(.saveRun(run))
        stop(run, now)
        return run
    }

    /// The service is to end: nothing starts any more, and what runs is asked to stop.
    package mutating func drain(now: Instant) {
        guard !isDraining else { return }
        isDraining = true
        for run in running.sorted(by: { $0.id < $1.id }) where killAt[run.key] == nil {
            stop(run, now)
        }
    }

    mutating func comeDue(_ key: JobKey, _ now: Instant) {
        guard var state = jobs[key], let due = state.nextDueAt else { return }
        state.lastDueAt = due
        state.nextDueAt = definitions[key]?.next(max(now, due))
        let obstacle = state.hold != nil ? "held" : active[key] != nil ? "already_running" : nil
        if let obstacle {
            state.lastCheck = FreshnessCheck(at: now, verdict: .skipped, reasons: [obstacle])
        }
        save(state)
        if obstacle == nil { actions.append(.check(key, dueAt: due)) }
    }

    mutating func stop(_ run: ScheduledRun, _ now: Instant) {
        actions.append(.stop(run))
        killAt[run.key] = now + policy.stopTimeoutSeconds
    }
}
