import Configuration
import ControlAPI
import Domain
import JSONCoding
import ModelStore
import Scheduling
import StateDatabase
import WorkerContract

extension Supervisor {
    /// A run as the control channel shows it, without its steps.
    func shown(_ stored: StoredRun) -> Run {
        let own = stored.run
        var run = Run(
            runID: own.id,
            tenant: own.key.tenant,
            job: own.key.job,
            state: own.state.shown,
            queuedAt: own.queuedAt
        )
        run.attempt = own.attempt
        run.reasons = own.reasons
        run.retrain = own.retrain
        run.asOf = stored.result?.asOf ?? own.asOf
        run.dueAt = own.dueAt
        run.startedAt = own.startedAt
        run.finishedAt = own.finishedAt
        run.retryAt = own.notBefore
        run.currency = configured[own.key]?.tenant.currency
        run.error = own.error
        guard let result = stored.result else { return run }
        run.publicationID = result.publicationID
        run.rows = result.rows
        run.data = result.data
        run.models = result.models
        run.totals = result.totals
        run.season = result.season
        run.pastTotals = result.pastTotals
        run.oneTimers = result.oneTimers
        run.newcomers = result.newcomers
        run.drift = result.drift
        run.published = result.published
        run.peakMemoryBytes = result.peakMemoryBytes
        return run
    }

    func shownJob(_ job: ConfiguredJob, _ now: Instant) throws -> JobStatus {
        let key = job.key
        let newest = try state.newestRun(of: key)
        var status = JobStatus(
            tenant: key.tenant,
            job: key.job,
            kind: job.job.kind,
            state: word(for: job, newest),
            timePeriod: job.job.timePeriod,
            timeZone: job.tenant.timeZone,
            origin: job.tenant.origin
        )
        status.currency = job.tenant.currency
        if let run = scheduler.active[key] {
            let step = stages[run.id]?.last { $0.state == .running }
            status.current = CurrentRun(runID: run.id, startedAt: run.startedAt, stage: step)
        }
        status.nextRun = upcoming(job, count: 1, now).first
        if let good = lastGood[key] { show(good, of: job, in: &status) }
        status.model = try versions(of: job, limit: 1, now).first
        status.freshness = freshness(of: job, now)
        status.hold = shownHold(of: key)
        status.lastError = lastError(of: key, newest)
        return status
    }

    func word(for job: ConfiguredJob, _ newest: StoredRun?) -> JobState {
        switch scheduler.active[job.key]?.state {
        case .running: return .running
        case .queued: return .queued
        default: break
        }
        if scheduler.jobs[job.key]?.hold != nil || scheduler.suspension != nil { return .held }
        switch newest?.run.state {
        case .failed: return .failed
        case .cancelled: return .cancelled
        case nil: return isStale(job.key) ? .stale : .neverRun
        default: return isStale(job.key) ? .stale : isWarned(job.key) ? .degraded : .ok
        }
    }

    /// Whether the last check found what a run would not mend.
    private func isWarned(_ key: JobKey) -> Bool {
        guard let check = scheduler.jobs[key]?.lastCheck else { return false }
        return check.verdict == .fresh && !check.reasons.isEmpty
    }

    /// Whether the last check found the job stale and no run has mended it since.
    func isStale(_ key: JobKey) -> Bool {
        guard let check = scheduler.jobs[key]?.lastCheck, check.verdict == .stale else {
            return false
        }
        return (lastGood[key]?.run.finishedAt ?? Instant(seconds: 0)) < check.at
    }

    private func show(_ good: StoredRun, of job: ConfiguredJob, in status: inout JobStatus) {
        guard let startedAt = good.run.startedAt, let finishedAt = good.run.finishedAt else {
            return
        }
        var run = GoodRun(
            runID: good.run.id,
            startedAt: startedAt,
            seconds: finishedAt - startedAt
        )
        run.customers = good.result?.data?.customers
        let total = good.result?.totals.first {
            $0.horizonDays == job.job.timePeriod.days && $0.group == .all
        }
        run.expectedPurchases = total?.expectedPurchases
        run.expectedSpend = total?.expectedSpend
        run.season = good.result?.season
        run.pastTotals = good.result?.pastTotals
        run.oneTimers = good.result?.oneTimers
        run.newcomers = good.result?.newcomers
        run.drift = good.result?.drift
        status.lastGoodRun = run
        status.newestPurchaseOn = good.result?.data?.newestPurchaseOn
        if let id = good.result?.publicationID {
            status.publication = Publication(
                publicationID: id,
                asOf: good.result?.asOf,
                publishedAt: finishedAt
            )
        }
    }

    private func freshness(of job: ConfiguredJob, _ now: Instant) -> ControlAPI.Freshness {
        let judged = judge(of: job).judge(at: now)
        let states = Set(judged.terms.map(\.state))
        return ControlAPI.Freshness(
            verdict: judged.isRunNeeded
                ? .stale
                : states.contains(.unknown)
                    ? .unknown : states.contains(.warning) ? .warning : .fresh,
            checkedAt: scheduler.jobs[job.key]?.lastCheck?.at,
            terms: judged.terms.map { term in
                ControlAPI.Freshness.Term(
                    name: term.name.rawValue,
                    verdict: .init(rawValue: term.state.rawValue) ?? .unknown,
                    found: term.sentence,
                    limit: term.limit.map { "\(Int($0)) \(term.name.unit)" } ?? ""
                )
            }
        )
    }

    private func lastError(of key: JobKey, _ newest: StoredRun?) -> LastError? {
        if let hold = scheduler.jobs[key]?.hold, !hold.isByOperator {
            return LastError(problem: hold.error, runID: hold.runID, since: hold.since)
        }
        guard let run = newest?.run, let error = run.error, run.state != .succeeded else {
            return nil
        }
        return LastError(
            problem: error,
            runID: run.id,
            since: run.finishedAt ?? run.startedAt ?? run.queuedAt
        )
    }

    /// When the job will be looked at or tried again.
    func upcoming(_ job: ConfiguredJob, count: Int, _ now: Instant) -> [NextRun] {
        var next: [NextRun] = []
        let record = scheduler.jobs[job.key]
        if let run = scheduler.active[job.key], run.state == .queued, run.attempt > 1,
            let start = start(of: run, now)
        {
            next.append(NextRun(at: start, why: "attempt \(run.attempt)"))
        }
        // A hold without an end leaves nothing to foresee.
        if scheduler.suspension != nil { return next }
        if let hold = record?.hold, hold.until == nil || hold.failed != nil { return next }
        guard let schedule = scheduler.definitions[job.key]?.schedule,
            let due = record?.nextDueAt
        else { return next }
        if let start = record?.startAt, record?.hold == nil {
            next.append(
                NextRun(at: start, why: record?.isCatchUp == true ? "catch_up" : "schedule")
            )
        }
        if let until = record?.hold?.until { next.append(NextRun(at: until, why: "end_of_hold")) }
        let later = schedule.starts(
            afterDue: due,
            laterThan: next.last?.at ?? Instant(seconds: 0),
            count: count - next.count
        )
        return next.prefix(count) + later.map { NextRun(at: $0, why: "schedule") }
    }

    /// When a queued run starts, unless it waits for a hold to end or for others.
    private func start(of run: ScheduledRun, _ now: Instant) -> Instant? {
        switch scheduler.wait(of: run, at: now) {
        case .retry: scheduler.earliestStart(of: run, now)
        case .blackout(let end): end
        default: nil
        }
    }

    /// The newest stored versions, each model of theirs apart.
    func versions(
        of job: ConfiguredJob,
        limit: Int,
        _ now: Instant
    ) throws -> [ModelVersion] {
        let store = ModelStore(root: configured.service.exportPath)
        let (tenant, name) = (job.key.tenant, job.key.job)
        let champion = try store.championName(tenant: tenant, job: name)
        let today = job.zone.day(of: now)
        let newest = try store.versionNames(tenant: tenant, job: name).reversed().prefix(limit)
        return newest.flatMap { version -> [ModelVersion] in
            // A damaged version is the worker's to put aside; a list goes on without it.
            guard let manifest = try? store.manifest(tenant: tenant, job: name, version: version)
            else { return [] }
            let age = today - manifest.fittedOn
            var reasons: [String] = []
            if !(0...job.job.maxModelAge.days).contains(age) { reasons.append("model_age") }
            if manifest.settingsHash != job.modelHash { reasons.append("configuration") }
            if manifest.programVersion != ProgramVersion.current { reasons.append("program") }
            return manifest.models.keys.sorted().map { model in
                ModelVersion(
                    name: model,
                    version: version,
                    trainedOn: manifest.fittedOn,
                    timePeriod: manifest.timePeriod,
                    ageDays: age,
                    limitDays: job.job.maxModelAge.days,
                    isChampion: version == champion,
                    staleReasons: reasons
                )
            }
        }
    }

    /// One line for `systemctl status`.
    var statusLine: String {
        let stale = configured.keys.count { isStale($0) }
        var parts = [
            "\(configured.tenantCount) tenants", "\(scheduler.running.count) running",
            "\(stale) stale",
        ]
        if !configured.degraded.isEmpty { parts.append("\(configured.degraded.count) degraded") }
        let held = configured.keys.count { scheduler.jobs[$0]?.hold != nil }
        if scheduler.suspension != nil {
            parts.append("all jobs held after crashes, see clvctl status")
        } else if held > 0 {
            parts.append("\(held) held")
        }
        let next = configured.keys.compactMap { key in
            scheduler.jobs[key]?.startAt.map { (key, $0) }
        }.min { ($0.1, $0.0) < ($1.1, $1.0) }
        if let next { parts.append("next \(next.0) \(next.1.wholeSeconds)") }
        return parts.joined(separator: ", ")
    }
}
