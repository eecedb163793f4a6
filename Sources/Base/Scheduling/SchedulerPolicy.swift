/// How patient the scheduler is.
package struct SchedulerPolicy: Hashable, Sendable {
    /// How many runs may go on at once.
    package var slots = 1
    /// Of a run that fails for reasons that may pass.
    package var attempts = 9
    /// Before the second attempt, for what passes at once; doubled before each further one, so that a
    /// server may be away for a quarter of an hour.
    package var firstDelaySeconds = 5.0
    package var longestDelaySeconds = 1800.0
    /// A run whose worker crashes this often holds its job.
    package var crashes = 3
    /// A run that is cut off this often fails: it may be what kills the service.
    package var interruptions = 5
    /// Before a run that was cut off while the service stays up starts again.
    package var interruptionDelaySeconds = 10.0
    /// Between asking a worker to stop and killing it.
    package var stopTimeoutSeconds = 30.0

    package init() {}

    func delay(beforeAttempt attempt: Int) -> Double {
        var delay = firstDelaySeconds
        for _ in 2..<max(2, attempt) where delay < longestDelaySeconds { delay *= 2 }
        return min(delay, longestDelaySeconds)
    }
}
