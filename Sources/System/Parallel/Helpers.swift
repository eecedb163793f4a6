import CLinux
import Glibc

/// Threads beside the calling one that all run the same work once.
///
/// They block every signal, so that signals reach the threads that wait for them. When the system
/// refuses a thread the others do its share.
struct Helpers {
    private var handles: [pthread_t] = []

    init(count: Int, _ work: @escaping @Sendable () -> Void) {
        guard count > 0 else { return }
        var all = sigset_t()
        var before = sigset_t()
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        for _ in 0..<count {
            // The thread takes the reference over; see `runWork`.
            let context = unsafe Unmanaged.passRetained(Work(work))
            var handle = pthread_t()
            if unsafe pthread_create(&handle, nil, runWork, context.toOpaque()) == 0 {
                handles.append(handle)
            } else {
                unsafe context.release()
            }
        }
    }

    var count: Int { handles.count }

    /// Waits until every helper has ended.
    func join() {
        for handle in handles { pthread_join(handle, nil) }
    }
}

private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func runWork(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe clinux_name_thread("clv-numerics")
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
    return nil
}
