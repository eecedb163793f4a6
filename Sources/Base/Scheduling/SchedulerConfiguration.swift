package import Domain

extension Scheduler {
    /// Takes up what an earlier process left behind; before the first `configure`.
    package mutating func restore(runs: [ScheduledRun], jobs states: [JobRecord], now: Instant) {
        for state in states { jobs[state.key] = state }
        for run in runs where !run.state.isFinal {
            var run = run
            if run.state == .running {
                run.state = .interrupted
                run.interruptions += 1
                run.finishedAt = now
                actions.append(.saveRun(run))
            }
            guard run.state == .interrupted else {
                active[run.key] = run
                continue
            }
            if run.isCancelling {
                finish(&run, .cancelled, now)
            } else if run.interruptions > policy.interruptions {
                run.error = ProblemReport(
                    code: "interrupted_too_often",
                    message: "the service ended \(run.interruptions) times while this run went on",
                    fix: "read why in the journal, then start the run by hand"
                )
                finish(&run, .failed, now)
            } else {
                requeue(&run, notBefore: nil, now)
            }
        }
    }

    /// A configuration is in force, as a whole.
    ///
    /// `degraded` are tenants whose configuration cannot be read: what is known of them stays.
    package mutating func configure(
        _ configured: [ScheduledJob],
        degraded: Set<String> = [],
        now: Instant
    ) {
        let before = definitions
        definitions = Dictionary(configured.map { ($0.key, $0) }) { _, last in last }
        for key in jobs.keys.sorted() where definitions[key] == nil {
            if !degraded.contains(key.tenant) { forget(key, now) }
        }
        for (key, run) in active where definitions[key] == nil && run.state == .queued {
            if !degraded.contains(key.tenant) { forget(key, now) }
        }
        for job in definitions.values {
            let isNew = before[job.key]?.fingerprint != job.fingerprint
            if isNew { take(job, isReload: before[job.key] != nil, now) }
        }
    }

    /// The wall clock was set: what was computed from the old time is computed again.
    package mutating func clockStepped(now: Instant) {
        for (key, job) in definitions {
            guard var state = jobs[key] else { continue }
            // After a small step back the last due instant lies ahead and must not come twice; one
            // that lies far ahead comes from a clock that was wrong.
            let last = state.lastDueAt.flatMap { $0 - now < 86_400 ? $0 : nil }
            let next = job.next(max(now, last ?? now))
            // A due instant that the step jumped over is still due.
            if let due = state.nextDueAt, due <= now { continue }
            if next != state.nextDueAt {
                state.nextDueAt = next
                save(state)
            }
        }
    }

    private mutating func take(_ job: ScheduledJob, isReload: Bool, _ now: Instant) {
        let known = jobs[job.key]
        var state = known ?? JobRecord(key: job.key)
        // One that was missed while the machine was off stays due, and so starts once.
        if known?.nextDueAt == nil || isReload {
            state.nextDueAt = job.next(now)
        } else if let due = state.nextDueAt, due > now {
            state.nextDueAt = job.next(now)
        }
        if state.hold?.fingerprint != job.fingerprint { state.hold = nil }
        if state != known { save(state) }
    }

    private mutating func forget(_ key: JobKey, _ now: Instant) {
        jobs[key] = nil
        actions.append(.forgetJob(key))
        guard var run = active[key], run.state == .queued else { return }
        run.error = ProblemReport(
            code: "job_removed",
            message: "job \"\(key)\" is no longer configured"
        )
        finish(&run, .cancelled, now)
    }
}
