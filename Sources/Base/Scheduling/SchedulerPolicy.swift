import Domain

/// Limits and delays that hold for all jobs.
package struct SchedulerPolicy: Hashable, Sendable {
    /// How many runs may go on at once, in all, of one tenant, and on one database server.
    package var slots = 1
    package var tenantSlots: Int?
    package var databaseSlots: Int?
    /// What the runs that go on may need together.
    package var memoryBytes: Int?
    /// What a job needs of which no run has told yet.
    package var firstMemoryBytes = 256 << 20
    /// A run that does not fit lets smaller ones pass for so long.
    package var memoryPatienceSeconds = 600.0
    /// Of a run that failed for reasons that may pass: the longest delay before the second attempt,
    /// doubled before each further one.
    package var firstDelaySeconds = 5.0
    /// What is due again sooner than this does not end a run that waits for its next attempt.
    package var longestDelaySeconds = 1800.0
    /// The shortest delay after a crash, three times as long after each further one: what ran out of
    /// memory together is not held before the shortage can be over.
    package var crashDelaySeconds = 300.0
    /// So many starts in a row that ended in a crash, or never ended, hold their job.
    package var crashes = 3
    /// Of the programs; a crash of other ones says nothing about these.
    package var programVersion = ""
    /// A run that is cut off this often fails: it may be what kills the service.
    package var interruptions = 5
    /// Before a run that was cut off while the service stays up starts again.
    package var interruptionDelaySeconds = 10.0
    /// Between asking a worker to stop and killing it.
    package var stopTimeoutSeconds = 30.0
    /// What starts later than this after its time was missed.
    package var punctualitySeconds = 60.0

    package init() {}

    /// Full jitter: anything from nothing to the doubled delay, so that a thousand jobs of one dead
    /// server do not come back together.
    func delay(ofRun id: String, beforeAttempt attempt: Int) -> Double {
        var delay = firstDelaySeconds
        for _ in 2..<max(2, attempt) where delay < longestDelaySeconds { delay *= 2 }
        return Jitter.fraction(of: "\(id)/\(attempt)") * min(delay, longestDelaySeconds)
    }

    /// Up to half as long again, for the same reason.
    func delay(ofRun id: String, afterCrash count: Int) -> Double {
        var delay = crashDelaySeconds
        for _ in 1..<max(1, count) { delay *= 3 }
        return delay * (1 + Jitter.fraction(of: "\(id)/crash \(count)") / 2)
    }
}
