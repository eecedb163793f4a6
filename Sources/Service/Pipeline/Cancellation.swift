package import Domain
import Glibc
import Synchronization

/// Whether the run was told to stop: by SIGTERM or SIGINT, or by the end of standard input,
/// which means that the supervisor is gone.
package enum Cancellation {
    private static let requested = Atomic<Bool>(false)

    package static var isRequested: Bool { requested.load(ordering: .relaxed) }

    package static func request() { requested.store(true, ordering: .relaxed) }

    package static func check() throws(Cancelled) {
        if isRequested { throw Cancelled() }
    }

    /// Takes the signals from now on.
    package static func watchSignals() {
        signal(SIGTERM, onSignal)
        signal(SIGINT, onSignal)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for the end of `descriptor` on a thread of its own.
    package static func watchEnd(of descriptor: Int32) {
        var thread = pthread_t()
        let context = unsafe UnsafeMutableRawPointer(bitPattern: Int(descriptor) + 1)
        unsafe pthread_create(&thread, nil, waitForEnd, context)
        pthread_detach(thread)
    }
}

/// The run was told to stop.
package struct Cancelled: Problem {
    package init() {}

    package var code: String { "cancelled" }
    package var message: String { "the run was cancelled" }
    package var cause: String? { nil }
    package var fix: String? { nil }
    package var failureClass: FailureClass { .cancelled }
}

private func onSignal(_: Int32) { Cancellation.request() }

/// The descriptor comes as the pointer's value plus one, since a null pointer is none.
private func waitForEnd(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let descriptor = Int32(Int(bitPattern: context) - 1)
    var byte: UInt8 = 0
    while true {
        let count = unsafe read(descriptor, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { break }
    }
    Cancellation.request()
    return nil
}
