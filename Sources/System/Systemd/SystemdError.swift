package import Domain
import Glibc

/// What can go wrong between the service and the system that runs it.
package enum SystemdError: Problem, Hashable {
    /// A call of sd-event failed with this errno.
    case eventLoop(call: String, errno: Int32)
    /// More than one socket was passed, or something that is no listening Unix socket.
    case passedSockets(count: Int)

    package var code: String {
        switch self {
        case .eventLoop: "event_loop_failed"
        case .passedSockets: "passed_sockets_unusable"
        }
    }

    package var message: String {
        switch self {
        case .eventLoop(let call, _): "could not set up the event loop: \(call) failed"
        case .passedSockets(let count):
            "cannot use the passed sockets: expected one listening Unix stream socket, got \(count)"
        }
    }

    package var cause: String? {
        switch self {
        case .eventLoop(_, let errno): unsafe String(cString: strerror(errno))
        case .passedSockets: nil
        }
    }

    package var fix: String? {
        switch self {
        case .eventLoop: nil
        case .passedSockets: "use the clvd.socket unit as it was installed"
        }
    }

    package var failureClass: FailureClass {
        switch self {
        case .eventLoop: .transient
        case .passedSockets: .configuration
        }
    }
}

/// Turns the negative errno of an sd call into an error.
func check(_ result: Int32, _ call: StaticString) throws(SystemdError) {
    if result < 0 { throw .eventLoop(call: call.description, errno: -result) }
}
