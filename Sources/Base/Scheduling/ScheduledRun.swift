package import Domain

/// Names a job: `acme/monthly`.
package struct JobKey: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package var tenant: String
    package var job: String

    package init(tenant: String, job: String) {
        self.tenant = tenant
        self.job = job
    }

    package var description: String { "\(tenant)/\(job)" }

    package static func < (one: JobKey, other: JobKey) -> Bool {
        (one.tenant, one.job) < (other.tenant, other.job)
    }
}

/// One execution of a job, from the wish for it to its end; a retry is another attempt of it.
package struct ScheduledRun: Hashable, Sendable {
    package enum State: String, Codable, CaseIterable, Sendable {
        case queued, running, succeeded, failed, cancelled
        /// The service stopped meanwhile; it is queued again when the service starts.
        case interrupted

        /// Whether nothing more will happen.
        package var isFinal: Bool {
            switch self {
            case .succeeded, .failed, .cancelled: true
            case .queued, .running, .interrupted: false
            }
        }
    }

    package var id: String
    package var key: JobKey
    package var state = State.queued
    /// From 1.
    package var attempt = 1
    /// How many starts in a row ended in a crash; a start counts as one until it ended otherwise, so
    /// that what takes the service along is counted too.
    package var crashes = 0
    /// How often it was cut off through no fault of its own.
    package var interruptions = 0
    /// The scheduled instant that it serves; nil when somebody asked for it.
    package var dueAt: Instant?
    package var asOf: Day?
    package var retrain = false
    /// Why it was started, e.g.
    ///
    /// `model_age`, `by_hand`.
    package var reasons: [String] = []
    /// Since when the job lacks a fresh forecast; nil: it never had one.
    package var staleSince: Instant?
    package var queuedAt: Instant
    /// A retry waits until then.
    package var notBefore: Instant?
    /// Of the last attempt.
    package var startedAt: Instant?
    package var finishedAt: Instant?
    /// Somebody asked for its end.
    package var isCancelling = false
    /// Somebody asked for it while it waited.
    package var isWanted = false
    /// It was asked to stop because it took too long.
    package var isTimedOut = false
    /// Of the last attempt that failed.
    package var error: ProblemReport?

    package init(id: String, key: JobKey, queuedAt: Instant) {
        self.id = id
        self.key = key
        self.queuedAt = queuedAt
    }

    /// Somebody asked for it, or does not want to wait for it.
    package var isByHand: Bool { dueAt == nil || isWanted }
}

/// What somebody asks for by hand.
package struct RunRequest: Hashable, Sendable {
    package var key: JobKey
    package var asOf: Day?
    package var retrain: Bool

    package init(key: JobKey, asOf: Day? = nil, retrain: Bool = false) {
        self.key = key
        self.asOf = asOf
        self.retrain = retrain
    }
}

/// How one attempt ended.
package enum RunOutcome: Hashable, Sendable {
    case succeeded
    case failed(FailureClass, ProblemReport)
}
