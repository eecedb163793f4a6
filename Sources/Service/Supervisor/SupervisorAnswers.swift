import Configuration
package import ControlAPI
package import ControlServer
import Domain
import Glibc
package import HTTPServer
import JSONCoding
import Journal
import ModelStore
import Scheduling
import StateDatabase
import WorkerContract

extension Supervisor: ControlledService {
    package func status() throws -> [UInt8] {
        let now = currentTime()
        return try StatusAnswer.json(
            service: ServiceStatus(
                version: ProgramVersion.current,
                pid: getpid(),
                startedAt: startedAt,
                uptimeSeconds: Int(now - startedAt),
                tenants: configured.tenantCount,
                generation: configured.generation,
                configuration: paths.configuration[0],
                suspension: scheduler.suspension
            ),
            jobs: try configured.sorted.map { job in
                try written.job(job.key, at: now) { try shownJob(job, now) }
            },
            brokenTenants: configured.degraded.map {
                StatusAnswer.BrokenTenant(tenant: $0.name, problem: $0.report)
            }
        )
    }

    package func job(tenant: String, job: String) throws -> JobAnswer {
        let found = try find(tenant, job)
        let now = currentTime()
        return JobAnswer(
            job: try shownJob(found, now),
            runs: try state.runs(tenant: tenant, job: job, limit: 10).map { shown($0) },
            models: try versions(of: found, limit: 10, now),
            next: upcoming(found, count: 5, now)
        )
    }

    package func start(
        tenant: String,
        job: String,
        _ request: StartRequest
    ) throws -> StartAnswer {
        let found = try find(tenant, job)
        let known = scheduler.active[found.key]?.id
        let wish = RunRequest(key: found.key, asOf: request.asOf, retrain: request.retrain)
        do throws(Scheduler.Refusal) {
            let run = try scheduler.request(wish, now: currentTime())
            return StartAnswer(runID: run.id, isNew: run.id != known)
        } catch {
            switch error {
            case .noSuchJob: throw noSuchJob(found.key)
            case .stopping:
                throw Refusal(
                    status: 503,
                    code: "stopping",
                    "clvd is stopping and starts nothing",
                    fix: "try again when it is up: systemctl status clvd"
                )
            case .alreadyRunning(let run):
                throw Refusal(
                    status: 409,
                    code: "already_running",
                    "job \"\(found.key)\" already has run \(run.id), which is \(run.state.rawValue)",
                    fix:
                        "follow it with clvctl watch \(run.id), or end it with clvctl cancel \(run.id)"
                )
            }
        }
    }

    package func runs(_ filter: RunFilter) throws -> RunsAnswer {
        RunsAnswer(
            runs: try state.runs(
                tenant: filter.tenant,
                job: filter.job,
                state: filter.state.flatMap { ScheduledRun.State(rawValue: $0.rawValue) },
                limit: filter.limit
            )
            .map { shown($0) }
        )
    }

    package func run(id: String) throws -> RunAnswer {
        RunAnswer(run: try shownRun(id: id, withStages: true))
    }

    package func cancel(id: String, by peer: Peer) throws -> RunAnswer {
        let before = try shownRun(id: id, withStages: false)
        let why = ProblemReport(code: "cancelled", message: "uid \(peer.uid) cancelled the run")
        guard scheduler.cancel(id: id, why, now: currentTime()) != nil else {
            throw Refusal(
                status: 409,
                code: "run_is_over",
                "run \(id) is already over: it \(before.state.rawValue)"
            )
        }
        // What the scheduler decided reaches the database with the next step of this turn.
        var run = before
        if let state = scheduler.run(id: id)?.state.shown {
            run.state = state
        } else {
            run.state = .cancelled
        }
        return RunAnswer(run: run, exitCode: .fine)
    }

    package func next(tenant: String, job: String, count: Int) throws -> NextAnswer {
        let (found, now) = (try find(tenant, job), currentTime())
        var answer = NextAnswer(
            tenant: tenant,
            job: job,
            timeZone: found.tenant.timeZone,
            next: upcoming(found, count: count, now)
        )
        if answer.next.isEmpty { answer.reason = idleness(of: found.key, now) }
        return answer
    }

    package func models(tenant: String, job: String) throws -> ModelsAnswer {
        let found = try find(tenant, job)
        let models = try versions(of: found, limit: 100, currentTime())
        return ModelsAnswer(tenant: tenant, job: job, models: models)
    }

    package func reload() -> ReloadAnswer { reloadConfiguration() }

    package func audit(_ call: AuditedCall) throws {
        journal.notice(
            "called",
            [
                "uid": call.peer.uid, "pid": call.peer.pid, "route": call.route,
                "status": call.status,
            ]
        )
        let entry = AuditEntry(
            at: currentTime(),
            uid: call.peer.uid,
            pid: call.peer.pid,
            route: call.route,
            outcome: String(call.status)
        )
        try state.audit(entry)
    }

    func find(_ tenant: String, _ job: String) throws -> ConfiguredJob {
        let key = JobKey(tenant: tenant, job: job)
        guard let found = configured[key] else { throw noSuchJob(key) }
        return found
    }

    private func noSuchJob(_ key: JobKey) -> Refusal {
        if let broken = configured.degraded.first(where: { $0.name == key.tenant }) {
            return Refusal(
                status: 422,
                code: "tenant_degraded",
                "the configuration of tenant \"\(key.tenant)\" cannot be used",
                cause: broken.report.message,
                fix: "clvctl config check, then clvctl reload"
            )
        }
        let near = Suggestion.nearest(
            to: key.description,
            among: configured.keys.map(\.description).sorted()
        )
        return Refusal(
            .notFound(
                "there is no job \"\(key)\"",
                fix: near.map { "did you mean \"\($0)\"?" } ?? "clvctl status lists the jobs"
            )
        )
    }

    func shownRun(id: String, withStages: Bool) throws -> Run {
        guard let stored = try state.run(id: id) else {
            throw Refusal(.notFound("there is no run \"\(id)\"", fix: "clvctl runs lists them"))
        }
        var run = shown(stored)
        if withStages { run.stages = try stages[id] ?? finishedStages(ofRun: id) }
        return run
    }

    /// The steps of a run that is over, from the events that were kept.
    private func finishedStages(ofRun id: String) throws -> [StageProgress] {
        let lines = try state.events(ofRun: id)
        return lines.reduce(into: StageProgress.waiting) { stages, line in
            guard let event = try? JSONCoding.decode(Event.self, from: line.utf8) else { return }
            // Another attempt begins from the start.
            if case .runStarted = event.content { stages = StageProgress.waiting }
            _ = stages.apply(event.content)
        }
    }
}

extension Loaded.DegradedTenant {
    fileprivate var report: ProblemReport {
        let first = diagnostics.first
        let place = [first?.line, first?.column].compactMap { $0 }.map { ":\($0)" }.joined()
        return ProblemReport(
            code: first?.code.rawValue ?? "configuration_invalid",
            message: "\(first?.file ?? file)\(place): \(first?.summary ?? "cannot be used")",
            fix: first?.fix ?? first?.hint
        )
    }
}

extension ScheduledRun.State {
    /// As the control channel says it.
    var shown: RunState {
        switch self {
        case .queued: .queued
        case .running: .running
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        case .interrupted: .interrupted
        }
    }
}
