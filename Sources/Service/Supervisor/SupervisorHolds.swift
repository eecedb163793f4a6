import Configuration
package import ControlAPI
import ControlServer
import Domain
package import HTTPServer
import Journal
import Scheduling
import StateDatabase

/// Holds: of a job by operators, and of every job after crashes of the service itself.
extension Supervisor {
    /// So many crashes in that time are trouble of the service, not of a run.
    private static var crashesOfTrouble: Int { 3 }
    private static var longestReason: Int { 1000 }
    private static var secondsOfTrouble: Double { 600 }

    /// Notes the start; why nothing may start by itself, when there were too many.
    func troubledStart(_ now: Instant) throws -> ProblemReport? {
        let crashed = try state.begin(at: now, countingFrom: now + -Supervisor.secondsOfTrouble)
        guard crashed >= Supervisor.crashesOfTrouble else { return nil }
        let why = ProblemReport(
            code: "service_crashed",
            message: "clvd ended \(crashed) times within "
                + "\(Int(Supervisor.secondsOfTrouble / 60)) minutes without being asked to; "
                + "every job is held",
            fix: "read why in the journal: journalctl -u clvd; then clvctl resume"
        )
        journal.error("every job is held", ["why": why.message, "fix": why.fix ?? ""])
        return why
    }

    package func hold(
        tenant: String,
        job: String,
        _ request: HoldRequest,
        by peer: Peer
    ) throws -> HoldAnswer {
        let found = try find(tenant, job)
        let now = currentTime()
        if let until = request.until, until <= now {
            throw Refusal(
                status: 400,
                code: "bad_request",
                "a hold cannot end in the past, at \(until.wholeSeconds)",
                fix: "name a later time, or leave it out to hold until somebody releases"
            )
        }
        guard request.reason?.utf8.count ?? 0 <= Supervisor.longestReason else {
            throw Refusal(
                status: 400,
                code: "bad_request",
                "the reason is longer than \(Supervisor.longestReason) bytes",
                fix: "say it in a sentence, and where to read more"
            )
        }
        let reason = request.reason.map { ": \($0)" } ?? ""
        let why = ProblemReport(
            code: "held_by_operator",
            message: "uid \(peer.uid) holds the job\(reason)",
            fix: "clvctl release \(found.key)"
        )
        scheduler.hold(found.key, until: request.until, why, now: now)
        return HoldAnswer(tenant: tenant, job: job, hold: shownHold(of: found.key))
    }

    package func release(tenant: String, job: String) throws -> HoldAnswer {
        let found = try find(tenant, job)
        guard scheduler.release(found.key, now: currentTime()) else {
            throw Refusal(
                status: 409,
                code: "not_held",
                "job \"\(found.key)\" is not held",
                fix: scheduler.suspension == nil ? nil : "every job is: clvctl resume"
            )
        }
        return HoldAnswer(tenant: tenant, job: job, hold: nil)
    }

    package func resume() throws -> ResumeAnswer {
        written.forgetAll()
        return ResumeAnswer(wasSuspended: scheduler.resume(now: currentTime()))
    }

    func shownHold(of key: JobKey) -> HoldStatus? {
        scheduler.jobs[key]?.hold.map {
            HoldStatus(
                since: $0.since,
                until: $0.until,
                isByOperator: $0.isByOperator,
                problem: $0.error,
                runID: $0.runID
            )
        }
    }
}
