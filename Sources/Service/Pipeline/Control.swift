import Glibc
import Modeling
import Parallel

extension WorkControl {
    /// All cores, stopped by a cancelled run.
    static let ofThisRun = WorkControl(
        team: ThreadTeam(),
        isCancelled: { Cancellation.isRequested },
        clock: {
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
    )
}
