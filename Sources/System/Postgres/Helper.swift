import Glibc

/// Work that blocks inside libpq, in a thread that can be left behind.
///
/// libpq looks names up and asks for a cancellation without any limit of time; whoever wants such a
/// thing waits here as long as he likes.
final class Helper: Sendable {
    private let work: @Sendable () -> Void
    /// Two connected sockets: the thread shuts the first down when it is done.
    private let bell: (pull: Int32, ring: Int32)

    init(_ work: @escaping @Sendable () -> Void) {
        self.work = work
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let failure = unsafe socketpair(AF_UNIX, kind, 0, &ends)
        precondition(failure == 0, "no descriptor is left")
        bell = (ends[0], ends[1])
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let refusal = unsafe pthread_create(&thread, nil, runHelper, context)
        precondition(refusal == 0, "could not start a thread: \(refusal)")
        pthread_detach(thread)
    }

    deinit {
        close(bell.pull)
        close(bell.ring)
    }

    /// Waits for the end of the work; false when the time was over before.
    func wait(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: bell.ring, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) > 0
    }

    fileprivate func run() {
        work()
        shutdown(bell.pull, Int32(SHUT_RDWR))
    }
}

/// The thread's body: takes back what `init` retained.
private func runHelper(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<Helper>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
