package import Domain

/// A job as the scheduler sees it: when it is due, and whether it is still the same job.
package struct ScheduledJob: Sendable {
    package var key: JobKey
    /// Differs when the configuration of the job does.
    package var fingerprint: String
    /// The first due instant after another; nil when there is none.
    package var next: @Sendable (Instant) -> Instant?

    package init(
        key: JobKey,
        fingerprint: String,
        next: @escaping @Sendable (Instant) -> Instant?
    ) {
        self.key = key
        self.fingerprint = fingerprint
        self.next = next
    }
}

/// What is remembered of a job over restarts.
package struct JobRecord: Hashable, Sendable {
    package var key: JobKey
    package var nextDueAt: Instant?
    package var lastDueAt: Instant?
    package var lastCheck: FreshnessCheck?
    /// Present: no scheduled run starts.
    package var hold: Hold?

    package init(key: JobKey) { self.key = key }
}

/// A look at freshness, and what came of it.
package struct FreshnessCheck: Hashable, Codable, Sendable {
    package enum Verdict: String, Codable, Sendable {
        case fresh, stale
        /// The check itself failed, which says nothing about the job.
        case unknown
        /// Nobody looked: the job is held, or a run is going on.
        case skipped
    }

    package var at: Instant
    package var verdict: Verdict
    /// Stable words, e.g.
    ///
    /// `model_age`; of a fresh job, why it is fresh.
    package var reasons: [String]
    /// Since when it is stale; nil: it is not, or it always was.
    package var staleSince: Instant?

    package init(at: Instant, verdict: Verdict, reasons: [String], staleSince: Instant? = nil) {
        self.at = at
        self.verdict = verdict
        self.reasons = reasons
        self.staleSince = staleSince
    }
}

/// Why a job does not run until something changes.
package struct Hold: Hashable, Codable, Sendable {
    package var since: Instant
    package var runID: String
    package var failureClass: FailureClass
    package var error: ProblemReport
    /// The configuration that failed; another one ends the hold.
    package var fingerprint: String

    package init(
        since: Instant,
        runID: String,
        failureClass: FailureClass,
        error: ProblemReport,
        fingerprint: String
    ) {
        self.since = since
        self.runID = runID
        self.failureClass = failureClass
        self.error = error
        self.fingerprint = fingerprint
    }
}
