package import Domain

/// Why a job does not start by itself.
package struct HoldStatus: Codable, Hashable, Sendable {
    package var since: Instant
    /// Nil: until something changes or somebody releases it.
    package var until: Instant?
    /// Else a failure holds it.
    package var isByOperator: Bool
    package var problem: ProblemReport
    package var runID: String?

    package init(
        since: Instant,
        until: Instant?,
        isByOperator: Bool,
        problem: ProblemReport,
        runID: String?
    ) {
        self.since = since
        self.until = until
        self.isByOperator = isByOperator
        self.problem = problem
        self.runID = runID
    }

    private enum CodingKeys: String, CodingKey {
        case since, until, problem
        case isByOperator = "is_by_operator"
        case runID = "run_id"
    }
}

/// The body of `POST /v1/jobs/{tenant}/{job}/hold`.
package struct HoldRequest: Codable, Hashable, Sendable {
    package var until: Instant?
    package var reason: String?

    package init(until: Instant? = nil, reason: String? = nil) {
        self.until = until
        self.reason = reason
    }
}

/// `POST` and `DELETE /v1/jobs/{tenant}/{job}/hold`.
package struct HoldAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.hold/1"
    package var exitCode = CommandExit.fine
    package var tenant: String
    package var job: String
    /// Nil when it is released.
    package var hold: HoldStatus?

    package init(tenant: String, job: String, hold: HoldStatus?) {
        self.tenant = tenant
        self.job = job
        self.hold = hold
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, hold
        case exitCode = "exit_code"
    }
}

/// `POST /v1/resume`.
package struct ResumeAnswer: Codable, Hashable, Sendable {
    package var schema = "clvctl.resume/1"
    package var exitCode = CommandExit.fine
    package var wasSuspended: Bool

    package init(wasSuspended: Bool) { self.wasSuspended = wasSuspended }

    private enum CodingKeys: String, CodingKey {
        case schema
        case exitCode = "exit_code"
        case wasSuspended = "was_suspended"
    }
}
