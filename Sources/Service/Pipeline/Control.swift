import Glibc
import Modeling
import Parallel
import Synchronization

extension WorkControl {
    /// As many threads as the plan allows, stopped by a cancelled run.
    static let ofThisRun = WorkControl(
        team: ThreadTeam(threads: RunLimits.threads.load(ordering: .relaxed)),
        isCancelled: { Cancellation.isRequested },
        clock: {
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    )
}
