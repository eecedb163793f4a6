package import Domain
import Glibc

/// The server could not start.
package struct HTTPServerError: Problem, Hashable {
    let call: String
    let errno: Int32

    package var code: String { "http_server_failed" }
    package var message: String { "could not serve the control socket: \(call) failed" }
    package var cause: String? { errno == 0 ? nil : unsafe String(cString: strerror(errno)) }
    package var fix: String? { nil }
    package var failureClass: FailureClass { .transient }
}
