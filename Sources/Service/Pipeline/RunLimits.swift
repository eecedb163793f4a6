import Configuration
import Glibc
import Synchronization
import WorkerContract

/// What one run may take of the machine, as its job says; the process sets it for itself, so that
/// it holds under any launcher.
enum RunLimits {
    /// Set before any work begins.
    static let threads = Atomic<Int>(.max)

    /// Takes the plan's limits; what the system refuses is told, and the run goes on.
    static func take(_ plan: Plan) -> [String] {
        guard let timing = plan.work.timing else { return [] }
        var refused: [String] = []
        if let limit = timing.threads { threads.store(limit, ordering: .relaxed) }
        if !setScore(timing.outOfMemoryScore) { refused.append("oom_score_adjust") }
        if let bytes = timing.memoryLimit {
            var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) != 0 {
                refused.append("memory_limit")
            }
        }
        return refused
    }

    /// A run goes before the service does when memory is short; it may only be raised.
    private static func setScore(_ score: Int) -> Bool {
        let file = unsafe open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let text = Array(String(score).utf8)
        return unsafe write(file, text, text.count) == text.count
    }
}

extension Plan.Work {
    fileprivate var timing: TimingSettings? {
        switch self {
        case .run(let settings), .check(let settings): settings.job.timing
        case .pipeline, .database, .sample: nil
        }
    }
}
