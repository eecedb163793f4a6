package import Domain

/// Due times: what is next, what was missed, and what stands in the way.
extension Scheduler {
    /// The start of the job's next due time has come.
    mutating func comeDue(_ key: JobKey, _ now: Instant) {
        guard var record = jobs[key], let job = definitions[key], let due = record.nextDueAt,
            let start = record.startAt
        else { return }
        if !record.isCatchUp, now - start > policy.punctualitySeconds {
            guard catchUp(&record, job, due, now) else { return save(record) }
        }
        serve(&record, job, now)
    }

    /// Decides about due times that nobody looked at; true when one of them is looked at now.
    private mutating func catchUp(
        _ record: inout JobRecord,
        _ job: ScheduledJob,
        _ due: Instant,
        _ now: Instant
    ) -> Bool {
        let schedule = job.schedule
        let latest = now + -schedule.jitterSeconds
        let earliest = max(due, now + -job.catchUpWindowSeconds)
        // One that starts in time serves for those before it.
        let last = schedule.lastDue(from: due, to: latest)
        let punctual = last.flatMap { last in
            schedule.start(ofDue: last).flatMap {
                now - $0 <= policy.punctualitySeconds ? last : nil
            }
        }
        let found: Instant? =
            switch job.catchUp {
            case .all: schedule.firstDue(from: earliest, to: latest)
            case .once: punctual ?? schedule.lastDue(from: earliest, to: latest)
            case .none: punctual
            }
        record.missed += schedule.dueCount(from: due, to: found ?? latest, upTo: 1000)
        guard let found else {
            record.lastCheck = FreshnessCheck(at: now, skippedFor: .missed)
            plan(&record, job, after: max(due, latest))
            return false
        }
        record.missed -= 1
        record.nextDueAt = found
        record.startAt = schedule.start(ofDue: found)
        if found != punctual { putOff(&record, job, now) }
        return (record.startAt ?? .distant) <= now
    }

    /// Catching up is spread as starting is, unless the next due time comes before.
    private func putOff(_ record: inout JobRecord, _ job: ScheduledJob, _ now: Instant) {
        record.isCatchUp = true
        record.startAt = job.schedule.outOfBlackout(now + job.schedule.jitterSeconds)
        guard job.catchUp == .once, let found = record.nextDueAt,
            let next = job.schedule.due(after: found),
            let start = job.schedule.start(ofDue: next), start <= record.startAt ?? .distant
        else { return }
        record.missed += 1
        plan(&record, job, after: found)
    }

    private mutating func serve(_ record: inout JobRecord, _ job: ScheduledJob, _ now: Instant) {
        guard let first = record.nextDueAt else { return }
        let isOneByOne = record.isCatchUp && job.catchUp == .all
        // Those that a blackout put off start together, as one.
        let latest = job.schedule.lastDue(from: first, to: now + -job.schedule.jitterSeconds)
        let due = isOneByOne ? first : max(first, latest ?? first)
        let isBusy = active[job.key] != nil || checking.contains(job.key)
        if isBusy, record.hold == nil, suspension == nil,
            job.overlap != .skip || job.catchUp == .all
        {
            record.isCatchUp = true
            save(record)
            if job.overlap == .cancelRunning, let run = active[job.key] {
                let why = ProblemReport(
                    code: "overlap",
                    message: "the job's next due time came and cancelled the run",
                    fix: "set overlap of the job to \"queue\" or \"skip\" to let runs end"
                )
                _ = cancel(id: run.id, why, now: now)
            }
            return
        }
        let obstacle = obstacle(record)
        record.lastDueAt = due
        plan(&record, job, after: due)
        if let obstacle {
            record.lastCheck = FreshnessCheck(at: now, skippedFor: obstacle)
        }
        save(record)
        let mayBeMended = obstacle == .held && record.failedHold?.remedy != nil
        guard obstacle == nil || mayBeMended && !isBusy else { return }
        checking.insert(job.key)
        actions.append(.check(job.key, dueAt: due))
    }

    private func obstacle(_ record: JobRecord) -> Obstacle? {
        if suspension != nil { return .suspended }
        if record.hold != nil { return .held }
        if active[record.key] != nil { return .running }
        return checking.contains(record.key) ? .checking : nil
    }

    /// Finds the next due time, and when it starts.
    func plan(_ record: inout JobRecord, _ job: ScheduledJob, after instant: Instant) {
        record.nextDueAt = job.schedule.due(after: instant)
        record.startAt = record.nextDueAt.flatMap { job.schedule.start(ofDue: $0) }
        record.isCatchUp = false
    }

    /// The wall clock was set by so many seconds, or the rules of a zone changed: what was computed
    /// from the old time is computed again, and delays stay as long as they were.
    package mutating func clockStepped(now: Instant, by seconds: Double = 0) {
        stopAt = stopAt.mapValues { $0 + seconds }
        killAt = killAt.mapValues { $0 + seconds }
        for key in active.keys {
            if let retry = active[key]?.notBefore { active[key]?.notBefore = retry + seconds }
        }
        for job in definitions.values { planAnew(job, now) }
    }

    /// Computes again what is due, by another clock or other rules of a zone.
    mutating func planAnew(_ job: ScheduledJob, _ now: Instant) {
        guard var record = jobs[job.key] else { return }
        // A due instant that the step jumped over is still due.
        if let start = record.startAt, start <= now { return }
        if let due = record.nextDueAt, due <= now {
            let start = job.schedule.outOfBlackout(now + job.schedule.jitterSeconds)
            record.startAt = [record.startAt, start].compactMap { $0 }.min()
        } else {
            plan(&record, job, after: planStart(record, now))
        }
        if record != jobs[job.key] { save(record) }
    }
}
