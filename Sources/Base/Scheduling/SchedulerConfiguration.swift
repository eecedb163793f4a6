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
            } else if run.interruptions > policy.interruptions || run.crashes >= policy.crashes {
                run.error = ProblemReport(
                    code: "interrupted_too_often",
                    message: "the service ended \(run.interruptions) times while this run went on",
                    fix:
                        "read why in the journal, then clvctl release \(run.key) or start it by hand"
                )
                hold(&run, .crash, now)
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
            let known = before[job.key]
            if known?.fingerprint != job.fingerprint {
                take(job, isReload: known != nil, now)
            } else if known?.schedule != job.schedule {
                // The same words, and other rules of their zones.
                planAnew(job, now)
            }
        }
    }

    /// The same jobs on other rules of their zones: due times are computed anew.
    package mutating func redefine(_ configured: [ScheduledJob], now: Instant) {
        for job in configured where definitions[job.key] != nil { definitions[job.key] = job }
        clockStepped(now: now)
    }

    private mutating func take(_ job: ScheduledJob, isReload: Bool, _ now: Instant) {
        let known = jobs[job.key]
        var state = known ?? JobRecord(key: job.key)
        // One that was missed while the machine was off stays due, and so is caught up.
        if isReload || (state.nextDueAt ?? .distant) > now {
            plan(&state, job, after: planStart(state, now))
        } else if state.startAt == nil || !state.isCatchUp {
            state.startAt = state.nextDueAt.flatMap { job.schedule.start(ofDue: $0) }
        }
        if state.failedHold?.fingerprint.isEmpty == true {
            state.failedHold?.fingerprint = job.fingerprint
        }
        if let hold = state.failedHold, isOutdated(hold, job) { state.failedHold = nil }
        if state != known { save(state) }
        if !isReload { askAgain(state) }
    }

    /// Whether what failed was another configuration, or what crashed another program.
    private func isOutdated(_ hold: Hold, _ job: ScheduledJob) -> Bool {
        hold.fingerprint != job.fingerprint
            || hold.failureClass == .crash && hold.program != policy.programVersion
    }

    /// A look that was going on when the service died has no answer yet.
    private mutating func askAgain(_ state: JobRecord) {
        guard let due = state.lastDueAt, (state.lastCheck?.at ?? .longAgo) < due,
            active[state.key] == nil
        else { return }
        checking.insert(state.key)
        actions.append(.check(state.key, dueAt: due))
    }

    /// After a small step back of the clock the last due instant lies ahead and must not come twice;
    /// one that lies far ahead comes from a clock that was wrong.
    func planStart(_ record: JobRecord, _ now: Instant) -> Instant {
        let last = record.lastDueAt.flatMap { $0 - now <= 86_400 ? $0 : nil }
        return max(now, last ?? now)
    }

    private mutating func forget(_ key: JobKey, _ now: Instant) {
        let hold = jobs[key]?.hold.flatMap { $0.isByOperator ? $0 : nil }
        let isKnown = jobs[key] != nil
        jobs[key] = nil
        checking.remove(key)
        if isKnown { actions.append(.forgetJob(key)) }
        if var hold {
            // Its file may come back, and nobody has said that it may run then.
            hold.failed = nil
            var record = JobRecord(key: key)
            record.hold = hold
            save(record)
        }
        guard var run = active[key], run.state == .queued else { return }
        run.error = ProblemReport(
            code: "job_removed",
            message: "job \"\(key)\" is no longer configured"
        )
        finish(&run, .cancelled, now)
    }
}
