import ControlAPI
import Domain
import Scheduling

/// What `status` said of each job, as JSON, as long as it still holds.
///
/// Whatever changes a job here is told with `forget`. What others may change, its folder of models
/// or the day, is looked at again within a minute.
struct WrittenJobs {
    private static let shortestSeconds = 20.0
    /// Not all are looked at again by one call.
    private static let spreadSeconds = 20.0

    private var written: [JobKey: (job: StatusAnswer.WrittenJob, until: Instant)] = [:]

    mutating func job(
        _ key: JobKey,
        at now: Instant,
        _ look: () throws -> JobStatus
    ) throws -> StatusAnswer.WrittenJob {
        if let known = written[key], now < known.until { return known.job }
        let job = try StatusAnswer.WrittenJob(look())
        let spread = Double(written.count % 64) / 64 * WrittenJobs.spreadSeconds
        written[key] = (job, now + WrittenJobs.shortestSeconds + spread)
        return job
    }

    mutating func forget(_ key: JobKey) { written[key] = nil }

    mutating func forgetAll() { written = [:] }
}
