import Configuration
package import ControlAPI
import Domain
import Scheduling
import StateDatabase

/// What a job will do next, and what would change it.
extension Supervisor {
    package func why(tenant: String, job: String) throws -> WhyAnswer {
        let found = try find(tenant, job)
        let now = currentTime()
        let freshness = judge(of: found).judge(at: now)
        let newest = try state.newestRun(of: found.key)
        var answer = WhyAnswer(
            tenant: tenant,
            job: job,
            state: word(for: found, newest),
            timeZone: found.tenant.timeZone,
            next: upcoming(found, count: 1, now).first
        )
        answer.now = present(found.key, now)
        answer.retrain = .init(isNeeded: freshness.retrain.isNeeded, freshness.retrain.sentence)
        answer.forecast = .init(isNeeded: freshness.forecast.isNeeded, freshness.forecast.sentence)
        answer.terms = freshness.terms.map { term in
            WhyAnswer.Term(
                name: term.name.rawValue,
                state: term.state.rawValue,
                number: term.number,
                limit: term.limit,
                sentence: term.sentence
            )
        }
        let record = scheduler.jobs[found.key]
        answer.lastCheck = record?.lastCheck.map {
            WhyAnswer.Check(at: $0.at, verdict: $0.verdict.rawValue, reasons: $0.reasons)
        }
        answer.missed = record?.missed ?? 0
        answer.memoryBytes = record?.memoryBytes
        answer.hold = shownHold(of: found.key)
        answer.changes = changes(found, freshness)
        return answer
    }

    package func checks(tenant: String, job: String, limit: Int) throws -> ChecksAnswer {
        let found = try find(tenant, job)
        let checks = try state.checks(of: found.key, limit: limit)
        let reasons = checks.first?.reasons ?? []
        let terms = judge(of: found).judge(at: currentTime()).terms
        return ChecksAnswer(
            tenant: tenant,
            job: job,
            checks: checks.map { check in
                ChecksAnswer.Check(
                    at: check.at,
                    verdict: check.verdict.rawValue,
                    reasons: check.reasons,
                    staleSince: check.staleSince
                )
            },
            stillSo: terms.filter { $0.state != .fresh && reasons.contains($0.name.rawValue) }
                .map(\.sentence)
        )
    }

    /// What the job does at this moment, in a sentence.
    private func present(_ key: JobKey, _ now: Instant) -> String {
        if let run = scheduler.active[key] {
            switch run.state {
            case .running where run.isCancelling:
                let kill = scheduler.killAt[key].map {
                    ", and is killed at \($0.wholeSeconds) if it does not"
                }
                return "run \(run.id) is being cancelled: its worker was asked to stop\(kill ?? "")"
            case .running:
                return "run \(run.id) goes on, for \(run.reasons.joined(separator: ", "))"
            default: return waiting(run, now)
            }
        }
        if let suspension = scheduler.suspension { return suspension.message }
        if let hold = scheduler.jobs[key]?.hold { return "it is held: \(hold.error.message)" }
        if scheduler.checking.contains(key) { return dataChecks.sentence(for: key) }
        return idleness(of: key, now).map { "nothing starts by itself: \($0)" }
            ?? "it waits for its next check"
    }

    /// Why no start of a job is to come; nil when one is.
    func idleness(of key: JobKey, _ now: Instant) -> String? {
        guard scheduler.jobs[key]?.startAt == nil, let job = scheduler.definitions[key] else {
            return nil
        }
        return job.schedule.idleness(after: now)?.explanation(in: job.schedule.zone)
    }

    private func waiting(_ run: ScheduledRun, _ now: Instant) -> String {
        let why =
            switch scheduler.wait(of: run, at: now) {
            case .retry(let at):
                "waits until \(at.wholeSeconds) for attempt \(run.attempt): "
                    + (run.error?.message ?? "it was cut off")
            case .held: "waits: " + held(run.key)
            case .blackout(let end):
                end.map { "waits for the end of the blackout at \($0.wholeSeconds)" }
                    ?? "waits, and its blackouts leave no time for it"
            case .slots(let slots): "waits for a place: slots = \(slots)"
            case .tenantSlots(let slots):
                "waits for other runs of its tenant: tenant_slots = \(slots)"
            case .serverSlots(let slots):
                "waits for runs on the same database server: database_slots = \(slots)"
            case .memory(let needed, let free):
                "waits for memory: it took \(needed >> 20) MiB at most so far, "
                    + "\(free >> 20) MiB of memory_limit are free"
            case .largerRun: "waits behind a run that needs more memory and waited longer"
            case nil: "is about to start"
            }
        return "run \(run.id) \(why)"
    }

    private func held(_ key: JobKey) -> String {
        if let suspension = scheduler.suspension { return suspension.message }
        return "the job is held: " + (scheduler.jobs[key]?.hold?.error.message ?? "")
    }

    private func changes(_ job: ConfiguredJob, _ freshness: Scheduling.Freshness) -> [String] {
        let name = job.key.description
        var changes: [String] = []
        if scheduler.suspension != nil {
            changes.append("clvctl resume lets every job start again")
        }
        if let hold = scheduler.jobs[job.key]?.hold {
            changes.append("clvctl release \(name) ends the hold")
            if let until = hold.until { changes.append("the hold ends at \(until.wholeSeconds)") }
            if !hold.isByOperator {
                changes.append("another configuration of the job ends the hold")
            }
            switch hold.remedy {
            case .otherData: changes.append("other data end the hold, seen at the next check")
            case .access:
                changes.append("the next check that can read the data ends the hold")
            case nil: break
            }
        }
        let age = freshness.terms.first { $0.name == .modelAge }
        if let number = age?.number, let limit = age?.limit, number <= limit,
            !freshness.retrain.isNeeded
        {
            let days = Int(limit - number) + 1
            changes.append("the models are fitted anew at the first check in \(days) days or later")
        }
        if !freshness.retrain.isNeeded, job.job.kind != .prediction {
            changes.append("clvctl run \(name) --retrain fits the models now")
        }
        if !freshness.isRunNeeded, job.job.kind != .train {
            changes.append("the end of the day makes the forecast stale")
        }
        return changes
    }
}
