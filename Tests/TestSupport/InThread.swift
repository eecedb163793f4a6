import Glibc
import Synchronization

/// Work in a thread of its own, for tests of what happens at the same time.
///
/// Tasks would share two threads with every other test that waits for a server.
package final class InThread<Value: Sendable>: Sendable {
    private let work: @Sendable () throws -> Value
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    /// Safety: written by `init` and read by `value`, which are not called at the same time.
    private nonisolated(unsafe) var thread = pthread_t()

    package init(_ work: @escaping @Sendable () throws -> Value) {
        self.work = work
        let body = Body { [weak self] in
            guard let self else { return }
            let result = Result { try self.work() }
            self.outcome.withLock { $0 = result }
        }
        unsafe thread = start(body)
    }

    /// Whether the work is still going on.
    package var isRunning: Bool { outcome.withLock { $0 == nil } }

    /// Waits for the end; call it once.
    package func value() throws -> Value {
        unsafe pthread_join(thread, nil)
        guard let result = outcome.withLock({ $0 }) else { throw ClusterProblem("no outcome") }
        return try result.get()
    }
}

/// Does `work` in a thread of its own, as a part of the test that awaits it.
///
/// A test that blocks would otherwise hold up one of the few threads that all tests share.
package func apart<Value: Sendable>(
    _ work: @Sendable () throws -> Value
) async throws -> Value {
    try await withTaskExecutorPreference(ThreadForEachJob()) { try work() }
}

/// Runs what stands between two suspensions of a task in a new thread.
private final class ThreadForEachJob: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        let thread = start(Body { unsafe job.runSynchronously(on: executor) })
        pthread_detach(thread)
    }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func start(_ body: Body) -> pthread_t {
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(body).toOpaque()
    let failure = unsafe pthread_create(&thread, nil, runBody, context)
    precondition(failure == 0, "could not start a thread: \(failure)")
    return thread
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
