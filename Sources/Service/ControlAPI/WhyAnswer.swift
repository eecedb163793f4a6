package import Domain

/// `GET /v1/jobs/{tenant}/{job}/why`: what a job will do next, and what would change it.
package struct WhyAnswer: Codable, Hashable, Sendable {
    /// One condition of freshness with its number and limit.
    package struct Term: Codable, Hashable, Sendable {
        package var name: String
        /// `fresh`, `warning`, `stale` or `unknown`.
        package var state: String
        package var number: Double?
        package var limit: Double?
        package var sentence: String

        package init(
            name: String,
            state: String,
            number: Double?,
            limit: Double?,
            sentence: String
        ) {
            self.name = name
            self.state = state
            self.number = number
            self.limit = limit
            self.sentence = sentence
        }
    }

    package struct Decision: Codable, Hashable, Sendable {
        package var isNeeded: Bool
        package var sentence: String

        package init(isNeeded: Bool, _ sentence: String) {
            self.isNeeded = isNeeded
            self.sentence = sentence
        }

        private enum CodingKeys: String, CodingKey {
            case sentence
            case isNeeded = "is_needed"
        }
    }

    package struct Check: Codable, Hashable, Sendable {
        package var at: Instant
        package var verdict: String
        package var reasons: [String]

        package init(at: Instant, verdict: String, reasons: [String]) {
            self.at = at
            self.verdict = verdict
            self.reasons = reasons
        }
    }

    package var schema = "clvctl.why/1"
    package var exitCode = CommandExit.fine
    package var tenant: String
    package var job: String
    package var state: JobState
    package var timeZone: String
    /// A sentence on what it does at this moment.
    package var now = ""
    package var next: NextRun?
    package var retrain = Decision(isNeeded: false, "")
    package var forecast = Decision(isNeeded: false, "")
    package var terms: [Term] = []
    package var lastCheck: Check?
    package var hold: HoldStatus?
    /// Due times that passed while nobody could look.
    package var missed = 0
    /// What its runs need, by the peaks of earlier ones.
    package var memoryBytes: Int?
    /// Sentences on what would change the next decision.
    package var changes: [String] = []

    package init(tenant: String, job: String, state: JobState, timeZone: String, next: NextRun?) {
        self.tenant = tenant
        self.job = job
        self.state = state
        self.timeZone = timeZone
        self.next = next
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, state, now, next, retrain, forecast, terms, hold, missed, changes
        case exitCode = "exit_code"
        case timeZone = "time_zone"
        case lastCheck = "last_check"
        case memoryBytes = "memory_bytes"
    }
}
