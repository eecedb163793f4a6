package import Domain

/// What happens to due times that passed while nobody could look.
package enum CatchUp: String, Codable, CaseIterable, Sendable {
    /// The last of them is looked at, for all.
    case once
    case none
    /// Each of them, one after the other.
    case all
}

/// What happens to a due time that comes while a run of the job goes on.
package enum Overlap: String, Codable, CaseIterable, Sendable {
    case skip
    /// It waits for the end of the run.
    case queue
    case cancelRunning = "cancel_running"
}

/// A job as the scheduler sees it: when it is due, and whether it is still the same job.
package struct ScheduledJob: Sendable {
    package var key: JobKey
    /// Differs when the configuration of the job does.
    package var fingerprint: String
    package var schedule: Schedule
    package var catchUp = CatchUp.once
    /// What is longer ago is not caught up.
    package var catchUpWindowSeconds = 86_400.0
    package var overlap = Overlap.skip
    /// A run that takes longer is asked to stop.
    package var softTimeoutSeconds: Double?
    /// A run that takes longer is killed.
    package var hardTimeoutSeconds: Double?
    /// Names the database servers that the job works on, for their caps.
    package var servers: Set<String> = []

    package init(key: JobKey, fingerprint: String, schedule: Schedule) {
        self.key = key
        self.fingerprint = fingerprint
        self.schedule = schedule
    }
}

/// What is remembered of a job over restarts.
package struct JobRecord: Hashable, Sendable {
    package var key: JobKey
    package var nextDueAt: Instant?
    /// When the look of `nextDueAt` starts: later by jitter, after blackouts, or caught up.
    package var startAt: Instant?
    /// The start was decided late and is not missed any more: it is a catch-up, or it waits for a
    /// run.
    package var isCatchUp = false
    package var lastDueAt: Instant?
    package var lastCheck: FreshnessCheck?
    /// Due times that nobody looked at.
    package var missed = 0
    /// What its runs need, by the peaks of earlier ones.
    package var memoryBytes: Int?
    /// The last look at the data, by a run or a check.
    package var data: DataLook?
    /// Present: no scheduled run starts.
    package var hold: Hold?

    package init(key: JobKey) { self.key = key }

    /// The hold of a failure, also of one that is below an operator's.
    package var failedHold: Hold? {
        get { hold.flatMap { $0.isByOperator ? $0.failed : $0 } }
        set { if hold?.isByOperator == true { hold?.failed = newValue } else { hold = newValue } }
    }
}

/// A look at freshness, and what came of it.
package struct FreshnessCheck: Hashable, Codable, Sendable {
    package enum Verdict: String, Codable, Sendable {
        case fresh, stale
        /// The check itself failed, which says nothing about the job.
        case unknown
        /// Nobody looked: the job is held, a run is going on, or the time was missed.
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
    /// What a look at the data can find that ends the hold.
    package enum Remedy: String, Codable, Sendable {
        /// Others than those that were refused.
        case otherData = "other_data"
        /// That they can be read again, and the destination be written.
        case access
    }

    package var since: Instant
    /// Ends by itself then; nil: only something or somebody ends it.
    package var until: Instant?
    /// The run that failed; nil when an operator holds the job.
    package var runID: String?
    package var failureClass: FailureClass?
    package var error: ProblemReport
    /// The configuration that failed; another one ends the hold.
    package var fingerprint: String
    /// What was known of the data when they were refused; other data end the hold.
    package var data: DataFacts?
    package var remedy: Remedy?
    /// The version of the program that crashed; another one ends the hold.
    package var program: String?
    /// One at most: a value cannot hold another of its kind otherwise.
    private var below: [Hold]?

    package init(
        since: Instant,
        until: Instant? = nil,
        runID: String? = nil,
        failureClass: FailureClass? = nil,
        error: ProblemReport,
        fingerprint: String,
        data: DataFacts? = nil,
        remedy: Remedy? = nil
    ) {
        self.since = since
        self.until = until
        self.runID = runID
        self.failureClass = failureClass
        self.error = error
        self.fingerprint = fingerprint
        self.data = data
        self.remedy = remedy
    }

    package var isByOperator: Bool { failureClass == nil }

    /// The hold of a failure that goes on when this one, an operator's, ends.
    package var failed: Hold? {
        get { below?.first }
        set { below = newValue.map { [$0] } }
    }

    private enum CodingKeys: String, CodingKey {
        case since, until, runID, failureClass, error, fingerprint, data, remedy, program, below
    }
}

/// A look at the data, and when it was.
package struct DataLook: Hashable, Codable, Sendable {
    package var at: Instant
    package var facts: DataFacts
    /// Purchase days since the fit of the version that was in use.
    package var newSinceFit: Int

    package init(at: Instant, facts: DataFacts, newSinceFit: Int) {
        self.at = at
        self.facts = facts
        self.newSinceFit = newSinceFit
    }

    private enum CodingKeys: String, CodingKey {
        case at, facts
        case newSinceFit = "new_since_fit"
    }
}

/// What is in the data.
package struct DataFacts: Hashable, Codable, Sendable {
    package var newestPurchaseOn: Day?
    package var purchases: Int
    package var customers: Int

    package init(newestPurchaseOn: Day?, purchases: Int, customers: Int) {
        self.newestPurchaseOn = newestPurchaseOn
        self.purchases = purchases
        self.customers = customers
    }

    private enum CodingKeys: String, CodingKey {
        case purchases, customers
        case newestPurchaseOn = "newest_purchase_on"
    }
}
