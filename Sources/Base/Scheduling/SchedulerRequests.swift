package import Domain

/// What people and checks ask for.
extension Scheduler {
    /// The answer to a `check`; `data` is what it learned of the data, if it looked.
    package mutating func checked(
        _ key: JobKey,
        dueAt: Instant,
        _ check: FreshnessCheck,
        data: DataLook? = nil
    ) {
        checking.remove(key)
        guard var record = jobs[key] else { return }
        record.lastCheck = check
        if let data { record.data = data }
        if let facts = data?.facts {
            switch record.hold?.remedy {
            case .otherData:
                // The first look after the refusal only says what was refused.
                if let refused = record.hold?.data, refused != facts { record.hold = nil }
                record.hold?.data = facts
            case .access: record.hold = nil
            case nil: break
            }
        }
        let isHeld = record.hold != nil
        if isHeld { record.lastCheck?.verdict = .skipped }
        save(record)
        guard check.verdict == .stale, !isHeld, active[key] == nil, !isDraining else { return }
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
            waiting.isWanted = true
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
        if var record = jobs[request.key], let hold = record.hold, !hold.isByOperator {
            record.hold = nil
            save(record)
        }
        return run
    }

    /// Somebody wants a run to end, and `why` names who; nil when it is not queued or running.
    package mutating func cancel(
        id: String,
        _ why: ProblemReport,
        now: Instant
    ) -> ScheduledRun? {
        guard var run = run(id: id) else { return nil }
        guard !run.isCancelling else { return run }
        let setback = run.error?.message
        run.error = why
        if run.state == .queued {
            run.error?.cause = setback
            finish(&run, .cancelled, now)
            return run
        }
        run.isCancelling = true
        active[run.key] = run
        actions.append(.saveRun(run))
        stop(run, now)
        return run
    }

    /// Nothing of the job starts by itself until then, or until somebody releases it.
    package mutating func hold(_ key: JobKey, until: Instant?, _ why: ProblemReport, now: Instant) {
        guard var record = jobs[key], let job = definitions[key] else { return }
        record.hold = Hold(since: now, until: until, error: why, fingerprint: job.fingerprint)
        save(record)
    }

    /// Ends a hold, whatever its cause; false when there is none.
    package mutating func release(_ key: JobKey, now: Instant) -> Bool {
        guard jobs[key]?.hold != nil else { return false }
        endHold(of: key, now)
        return true
    }

    /// Holds every job, because the service itself is in trouble.
    package mutating func suspend(_ why: ProblemReport) { suspension = why }

    /// Ends a suspension; false when there is none.
    package mutating func resume(now: Instant) -> Bool {
        guard suspension != nil else { return false }
        suspension = nil
        for key in definitions.keys.sorted() where jobs[key]?.hold == nil { look(at: key, now) }
        return true
    }

    /// The service is to end: nothing starts any more, and what runs is asked to stop.
    package mutating func drain(now: Instant) {
        guard !isDraining else { return }
        isDraining = true
        for run in running.sorted(by: { $0.id < $1.id }) where killAt[run.key] == nil {
            stop(run, now)
        }
    }

    mutating func endHold(of key: JobKey, _ now: Instant) {
        guard var record = jobs[key] else { return }
        record.hold = nil
        save(record)
        look(at: key, now)
    }

    /// What was due meanwhile is looked at once, now.
    private mutating func look(at key: JobKey, _ now: Instant) {
        guard let job = definitions[key], !job.schedule.expressions.isEmpty, active[key] == nil,
            !checking.contains(key), !isDraining
        else { return }
        checking.insert(key)
        actions.append(.check(key, dueAt: now))
    }

    mutating func stop(_ run: ScheduledRun, _ now: Instant) {
        actions.append(.stop(run))
        stopAt[run.key] = nil
        killAt[run.key] = min(now + policy.stopTimeoutSeconds, killAt[run.key] ?? .distant)
    }
}
