import Glibc
package import WorkerContract

extension Worker {
    /// A plan's work within this process, whose events nobody sees: what `clvbench` judges is what
    /// people get.
    package static func runQuietly(_ plan: Plan) throws {
        let nowhere = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        var stream = EventStream(descriptor: nowhere, runID: plan.runID, clock: .system)
        _ = try work(on: plan, &stream)
    }
}
