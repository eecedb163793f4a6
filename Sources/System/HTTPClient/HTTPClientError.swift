package import Domain

/// Why there is no answer.
package enum HTTPClientError: Problem, Equatable {
    /// Nothing is at the socket's path.
    case noSocket(path: String)
    /// The socket is there, and nobody listens.
    case refused(path: String)
    /// The socket is there, and this user must not open it.
    case notPermitted(path: String)
    case timedOut(seconds: Double)
    /// The caller asked to stop while nothing came.
    case interrupted
    case answerTooLarge(limit: Int)
    case lineTooLong
    /// The other side went away, or does not speak HTTP.
    case broken(cause: String)

    package var code: String {
        switch self {
        case .noSocket: "no_socket"
        case .refused: "connection_refused"
        case .notPermitted: "socket_not_permitted"
        case .timedOut: "timed_out"
        case .interrupted: "interrupted"
        case .answerTooLarge: "answer_too_large"
        case .lineTooLong: "line_too_long"
        case .broken: "connection_broken"
        }
    }

    package var message: String {
        switch self {
        case .noSocket(let path): "there is no socket \"\(path)\""
        case .refused(let path): "nobody listens on \"\(path)\""
        case .notPermitted(let path): "this user cannot open \"\(path)\""
        case .timedOut(let seconds): "no answer came in \(Int(seconds.rounded(.up))) s"
        case .interrupted: "interrupted"
        case .answerTooLarge(let limit): "the answer is larger than \(limit >> 20) MiB"
        case .lineTooLong: "the answer has a line of more than 1 MiB"
        case .broken: "could not get an answer"
        }
    }

    package var cause: String? {
        switch self {
        case .noSocket: "No such file or directory"
        case .refused: "Connection refused"
        case .notPermitted: "Permission denied"
        case .broken(let cause): cause
        case .timedOut, .interrupted, .answerTooLarge, .lineTooLong: nil
        }
    }

    package var fix: String? { nil }

    package var failureClass: FailureClass {
        switch self {
        case .noSocket, .refused, .timedOut, .broken: .transient
        case .notPermitted: .configuration
        case .interrupted: .cancelled
        case .answerTooLarge, .lineTooLong: .crash
        }
    }
}
