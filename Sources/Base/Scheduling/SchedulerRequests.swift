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
            switch record.failedHold?.remedy {
            case .otherData:
                // The first look after the refusal only says what was refused.
                if let refused = record.failedHold?.data, refused != facts {
                    record.failedHold = nil
                }
                record.failedHold?.data = facts
            case .access: record.failedHold = nil
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
        if var record = jobs[request.key], record.failedHold != nil {
            record.failedHold = nil
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
        let failed = record.failedHold
        record.hold = Hold(since: now, until: until, error: why, fingerprint: job.fingerprint)
        record.failedHold = failed
        save(record)
    }

    /// Ends the holds of a job, whatever their cause; false when there is none.
    package mutating func release(_ key: JobKey, now: Instant) -> Bool {
        guard var record = jobs[key], let hold = record.hold else { return false }
        let failed = record.failedHold
        record.hold = nil
        takeUp(&record, since: failed.map { min($0.since, hold.since) } ?? hold.since)
        if failed != nil { takeUpFailed(&record, now) }
        save(record)
        return true
    }

    /// Holds every job, because the service itself is in trouble.
    package mutating func suspend(_ why: ProblemReport, now: Instant) {
        suspension = why
        suspendedAt = now
    }

    /// Ends a suspension; false when there is none.
    package mutating func resume(now: Instant) -> Bool {
        guard suspension != nil, let since = suspendedAt else { return false }
        (suspension, suspendedAt) = (nil, nil)
        for var record in jobs.values where record.hold == nil {
            let before = record
            takeUp(&record, since: since)
            if record != before { save(record) }
        }
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

    mutating func stop(_ run: ScheduledRun, _ now: Instant) {
        actions.append(.stop(run))
        stopAt[run.key] = nil
        killAt[run.key] = min(now + policy.stopTimeoutSeconds, killAt[run.key] ?? .distant)
    }
}
