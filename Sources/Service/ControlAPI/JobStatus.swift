package import Configuration
package import Domain

/// One job as `clvctl status` shows it.
package struct JobStatus: Codable, Hashable, Sendable {
    package var tenant: String
    package var job: String
    package var kind: JobKind
    package var state: JobState
    package var timePeriod: TimePeriod
    package var timeZone: String
    package var currency: String?
    /// `file:line` of the job's or its tenant's table.
    package var origin: String
    /// The run that is queued or going on.
    package var current: CurrentRun?
    package var lastGoodRun: GoodRun?
    package var nextRun: NextRun?
    package var newestPurchaseOn: Day?
    package var model: ModelVersion?
    package var publication: Publication?
    package var freshness: Freshness?
    package var hold: HoldStatus?
    package var lastError: LastError?

    package init(
        tenant: String,
        job: String,
        kind: JobKind,
        state: JobState,
        timePeriod: TimePeriod,
        timeZone: String,
        origin: String
    ) {
        self.tenant = tenant
        self.job = job
        self.kind = kind
        self.state = state
        self.timePeriod = timePeriod
        self.timeZone = timeZone
        self.origin = origin
    }

    package var name: String { "\(tenant)/\(job)" }

    private enum CodingKeys: String, CodingKey {
        case tenant, job, kind, state, currency, origin, current, model, publication, freshness,
            hold
        case timePeriod = "time_period"
        case timeZone = "time_zone"
        case lastGoodRun = "last_good_run"
        case nextRun = "next_run"
        case newestPurchaseOn = "newest_purchase_on"
        case lastError = "last_error"
    }
}

/// The run that a job is waiting for.
package struct CurrentRun: Codable, Hashable, Sendable {
    package var runID: String
    package var startedAt: Instant?
    /// The step that is going on.
    package var stage: StageProgress?

    package init(runID: String, startedAt: Instant?, stage: StageProgress?) {
        self.runID = runID
        self.startedAt = startedAt
        self.stage = stage
    }

    private enum CodingKeys: String, CodingKey {
        case stage
        case runID = "run_id"
        case startedAt = "started_at"
    }
}

/// The last run that succeeded, and what it predicted for the job's time period.
package struct GoodRun: Codable, Hashable, Sendable {
    package var runID: String
    package var startedAt: Instant
    package var seconds: Double
    package var customers: Int?
    package var expectedPurchases: Double?
    package var expectedSpend: Double?
    /// Whether the season of the year counts, and why.
    package var season: String?
    /// How far forecasts of totals from earlier dates were off.
    package var pastTotals: String?
    /// Who forecasts one-timers, and why.
    package var oneTimers: String?
    /// How many new customers come, and how far that may be off.
    package var newcomers: String?
    /// How the version in use has forecast since its fit; nil while that is not told.
    package var drift: Drift?

    package init(runID: String, startedAt: Instant, seconds: Double) {
        self.runID = runID
        self.startedAt = startedAt
        self.seconds = seconds
    }

    private enum CodingKeys: String, CodingKey {
        case seconds, customers, season, newcomers, drift
        case pastTotals = "past_totals"
        case oneTimers = "one_timers"
        case runID = "run_id"
        case startedAt = "started_at"
        case expectedPurchases = "expected_purchases"
        case expectedSpend = "expected_spend"
    }
}

/// When something will happen, and why.
package struct NextRun: Codable, Hashable, Sendable {
    package var at: Instant
    /// `schedule`, `retry 3 of 5`.
    package var why: String

    package init(at: Instant, why: String) {
        self.at = at
        self.why = why
    }
}

/// A stored version of a model.
package struct ModelVersion: Codable, Hashable, Sendable {
    package var name: String
    package var version: String
    package var trainedOn: Day
    package var timePeriod: TimePeriod
    package var ageDays: Int
    package var limitDays: Int
    package var isChampion: Bool
    /// Why it is not fresh; empty when it is.
    package var staleReasons: [String]

    package init(
        name: String,
        version: String,
        trainedOn: Day,
        timePeriod: TimePeriod,
        ageDays: Int,
        limitDays: Int,
        isChampion: Bool,
        staleReasons: [String]
    ) {
        self.name = name
        self.version = version
        self.trainedOn = trainedOn
        self.timePeriod = timePeriod
        self.ageDays = ageDays
        self.limitDays = limitDays
        self.isChampion = isChampion
        self.staleReasons = staleReasons
    }

    private enum CodingKeys: String, CodingKey {
        case name, version
        case trainedOn = "trained_on"
        case timePeriod = "time_period"
        case ageDays = "age_days"
        case limitDays = "limit_days"
        case isChampion = "is_champion"
        case staleReasons = "stale_reasons"
    }
}

/// What readers of the destination see now.
package struct Publication: Codable, Hashable, Sendable {
    package var publicationID: String
    package var asOf: Day?
    package var publishedAt: Instant

    package init(publicationID: String, asOf: Day?, publishedAt: Instant) {
        self.publicationID = publicationID
        self.asOf = asOf
        self.publishedAt = publishedAt
    }

    private enum CodingKeys: String, CodingKey {
        case publicationID = "publication_id"
        case asOf = "as_of"
        case publishedAt = "published_at"
    }
}

/// What the last check of freshness found, with every term of the decision.
package struct Freshness: Codable, Hashable, Sendable {
    /// A check that failed is `unknown`, which is not `stale`; a `warning` is for people, a run would
    /// not mend it.
    package enum Verdict: String, Codable, Sendable { case fresh, warning, stale, unknown }

    /// One condition, e.g.
    ///
    /// `model_age`.
    package struct Term: Codable, Hashable, Sendable {
        package var name: String
        package var verdict: Verdict
        /// A sentence for people: what was found, and what is required.
        package var found: String
        /// What is required alone; empty where that is not a figure.
        package var limit: String

        package init(name: String, verdict: Verdict, found: String, limit: String) {
            self.name = name
            self.verdict = verdict
            self.found = found
            self.limit = limit
        }
    }

    package var verdict: Verdict
    /// The last check by the schedule; nil when there was none.
    package var checkedAt: Instant?
    package var terms: [Term]

    package init(verdict: Verdict, checkedAt: Instant?, terms: [Term]) {
        self.verdict = verdict
        self.checkedAt = checkedAt
        self.terms = terms
    }

    private enum CodingKeys: String, CodingKey {
        case verdict, terms
        case checkedAt = "checked_at"
    }
}

/// The failure that a job still suffers from.
package struct LastError: Codable, Hashable, Sendable {
    package var problem: ProblemReport
    package var runID: String?
    package var since: Instant

    package init(problem: ProblemReport, runID: String?, since: Instant) {
        self.problem = problem
        self.runID = runID
        self.since = since
    }

    private enum CodingKeys: String, CodingKey {
        case problem, since
        case runID = "run_id"
    }
}
