import Configuration
import ControlAPI
import Domain
import Glibc
import Journal
import ModelStore
import Scheduling
import StateDatabase
import Subprocess
import Systemd
import WorkerContract

extension Supervisor {
    /// Lets the scheduler decide and writes what it decided, until nothing is left but effects.
    func settle() throws -> [Scheduler.Action] {
        var effects: [Scheduler.Action] = []
        while true {
            scheduler.advance(to: currentTime())
            let actions = scheduler.takeActions()
            if actions.isEmpty { break }
            news += 1
            for action in actions {
                written.forget(action.key)
                switch action {
                case .saveRun(let run): try save(run)
                case .saveJob(let record): try state.save(record)
                case .forgetJob(let key):
                    fileChecks.forget(tenant: key.tenant, job: key.job, in: store)
                    try state.forget(key)
                case .check(let key, let due): dueChecks.append((key, due))
                case .start, .stop, .kill: effects.append(action)
                }
            }
        }
        if isNewlyConfigured {
            isNewlyConfigured = false
            try state.forgetOldRuns(at: currentTime())
        }
        return effects
    }

    /// Does what must not come before the commit.
    func carryOut(_ effects: [Scheduler.Action]) {
        for effect in effects {
            switch effect {
            case .start(let run): start(run)
            case .stop(let run):
                journal.notice("asking the worker to stop", ["run": run.id, "job": run.key])
                workers[run.id]?.send(signal: SIGTERM)
            case .kill(let run):
                journal.warning("killing the worker", ["run": run.id, "job": run.key])
                workers[run.id]?.send(signal: SIGKILL)
            case .saveRun, .saveJob, .forgetJob, .check: break
            }
        }
    }

    private func save(_ run: ScheduledRun) throws {
        try state.save(run)
        if run.state == .succeeded { lastGood[run.key] = try state.run(id: run.id) }
        tell(run)
        try tellFollowers(of: run)
        // From here on they are read from the run's events.
        if run.state.isFinal || run.state == .interrupted { stages[run.id] = nil }
    }

    private func tell(_ run: ScheduledRun) {
        var fields: [(String, any CustomStringConvertible)] = [
            ("run", run.id), ("job", run.key), ("attempt", run.attempt),
        ]
        // A running run keeps the error of its last attempt until it has one of its own.
        if let error = run.error, run.state != .running || run.isCancelling {
            fields += [("code", error.code), ("error", error.message)]
            if let cause = error.cause { fields.append(("cause", cause)) }
            if let fix = error.fix { fields.append(("fix", fix)) }
        }
        if let retry = run.notBefore { fields.append(("again", retry.wholeSeconds)) }
        switch run.state {
        case .queued where run.error != nil:
            journal.write(.warning, "run failed and is tried again", fields)
        case .queued: journal.write(.info, "run queued", fields)
        case .running where run.isCancelling: journal.write(.notice, "run is cancelled", fields)
        case .running: journal.write(.info, "run started", fields)
        case .succeeded: journal.write(.notice, "run succeeded", fields)
        case .failed: journal.write(.error, "run failed", fields)
        case .cancelled: journal.write(.notice, "run cancelled", fields)
        case .interrupted: journal.write(.notice, "run interrupted", fields)
        }
    }

    /// For some milliseconds, so that callers do not wait longer.
    func makeDueChecks() {
        let end = currentTime() + 0.004
        var made = 0
        while made < dueChecks.count, currentTime() < end {
            check(dueChecks[made].key, dueChecks[made].due)
            made += 1
        }
        dueChecks.removeFirst(made)
    }

    /// Judges by what is known here; asks the data when that is not enough.
    private func check(_ key: JobKey, _ due: Instant) {
        guard let job = configured[key] else { return }
        let check = judge(of: job).check(at: currentTime())
        let mayBeMended = scheduler.jobs[key]?.failedHold?.remedy != nil
        guard mayBeMended || job.job.timing.asksTheData && check.verdict != .stale else {
            return answer(key, due, check)
        }
        dataChecks.ask(about: job) { [unowned self] found in
            guard let job = configured[key] else { return }
            var judge = judge(of: job)
            judge.data = found
            if case .known(let look) = found {
                answer(key, due, judge.check(at: currentTime()), look)
            } else {
                answer(key, due, judge.check(at: currentTime()))
            }
        }
    }

    private func answer(
        _ key: JobKey,
        _ due: Instant,
        _ check: FreshnessCheck,
        _ look: DataLook? = nil
    ) {
        journal.info(
            "checked",
            [
                "job": key, "verdict": check.verdict.rawValue,
                "reasons": check.reasons.joined(separator: ","),
            ]
        )
        scheduler.checked(key, dueAt: due, check, data: look)
    }

    private var store: ModelStore { ModelStore(root: configured.service.exportPath) }

    func judge(of job: ConfiguredJob) -> FreshnessJudge {
        let good = lastGood[job.key]
        return FreshnessJudge(
            store: store,
            files: fileChecks,
            job: job,
            lastForecast: good.flatMap { good in
                good.result?.asOf.map { ($0, good.run.finishedAt ?? good.run.queuedAt) }
            },
            drift: good?.result?.drift,
            data: scheduler.jobs[job.key]?.data.map { .known($0) } ?? .none
        )
    }

    private func start(_ run: ScheduledRun) {
        do {
            // Its configuration may have changed while the intention to start went to disk.
            guard let job = configured[run.key] else { throw JobRemoved(key: run.key) }
            stages[run.id] = StageProgress.waiting
            let command = try WorkerCommand(configured.service, environment).command(run, job)
            workers[run.id] = try Worker(
                run,
                command: command,
                loop: loop,
                patienceSeconds: scheduler.policy.stopTimeoutSeconds,
                listener: Worker.Listener(
                    event: { [unowned self] in took($0, line: $1, number: $2, ofRun: run.id) },
                    log: { [unowned self] in relay($0, run) },
                    end: { [unowned self] in ended(run, $0) }
                )
            )
        } catch {
            let problem = error as? any Problem ?? InternalProblem(error)
            scheduler.ended(
                id: run.id,
                .failed(problem.failureClass, problem.report),
                now: currentTime()
            )
        }
    }

    private func ended(_ run: ScheduledRun, _ end: WorkerEnd) {
        workers[run.id] = nil
        do {
            if let result = end.result { try state.save(result, ofRun: run.id) }
        } catch {
            failure = error
            loop.stop(code: 1)
        }
        let now = currentTime()
        scheduler.ended(
            id: run.id,
            end.outcome,
            memoryBytes: end.result?.peakMemoryBytes,
            data: end.result?.data.map { DataLook($0, at: now) },
            hasRead: stages[run.id]?.contains { $0.stage == .clean && $0.state == .done } ?? true,
            now: now
        )
    }

    private func took(_ event: Event, line: String, number: Int, ofRun id: String) {
        news += 1
        if case .progress = event.content {
            // Only the newest counts, and it is gone with the run.
        } else if number <= StateDatabase.eventsKept {
            do { try state.append(event: line, ofRun: id) } catch {
                failure = error
                loop.stop(code: 1)
            }
        }
        if case .warning(let code, let message, let fix) = event.content {
            journal.warning(
                "warning of a run",
                ["run": id, "code": code, "text": message, "fix": fix ?? ""]
            )
        }
        if let key = workers[id]?.run.key { written.forget(key) }
        let changed = stages[id, default: StageProgress.waiting].apply(event.content)
        tellFollowers(of: id, event, changed)
    }

    func relay(_ line: String, _ run: ScheduledRun) {
        let (priority, text) = Priority.split(line)
        journal.write(
            priority ?? .info,
            "worker",
            ["run": run.id, "job": run.key, "text": text]
        )
    }
}

/// A job left the configuration when its run was about to start.
private struct JobRemoved: Problem {
    let key: JobKey

    var code: String { "job_removed" }
    var message: String { "job \"\(key)\" is no longer configured" }
    var cause: String? { nil }
    var fix: String? { nil }
    var failureClass: FailureClass { .configuration }
}
