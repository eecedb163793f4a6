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
        let context = unsafe Unmanaged.passRetained(body).toOpaque()
        let failure = unsafe pthread_create(&thread, nil, runBody, context)
        precondition(failure == 0, "could not start a thread: \(failure)")
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

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
