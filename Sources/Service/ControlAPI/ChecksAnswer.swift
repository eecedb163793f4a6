package import Domain

/// `GET /v1/jobs/{tenant}/{job}/checks`: what the looks at a job's freshness found; the newest first.
package struct ChecksAnswer: Codable, Hashable, Sendable {
    package struct Check: Codable, Hashable, Sendable {
        package var at: Instant
        /// `fresh`, `stale`, `unknown` or `skipped`.
        package var verdict: String
        /// Names of terms of freshness, or why nobody looked.
        package var reasons: [String]
        /// Nil: it is not stale, or always was.
        package var staleSince: Instant?

        package init(at: Instant, verdict: String, reasons: [String], staleSince: Instant?) {
            self.at = at
            self.verdict = verdict
            self.reasons = reasons
            self.staleSince = staleSince
        }

        private enum CodingKeys: String, CodingKey {
            case at, verdict, reasons
            case staleSince = "stale_since"
        }
    }

    package var schema = "clvctl.checks/1"
    package var exitCode = CommandExit.fine
    package var tenant: String
    package var job: String
    package var checks: [Check]
    /// The newest check's reasons that hold at this moment, in the sentences of `why`.
    package var stillSo: [String]

    package init(tenant: String, job: String, checks: [Check], stillSo: [String]) {
        self.tenant = tenant
        self.job = job
        self.checks = checks
        self.stillSo = stillSo
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, checks
        case exitCode = "exit_code"
        case stillSo = "still_so"
    }
}
