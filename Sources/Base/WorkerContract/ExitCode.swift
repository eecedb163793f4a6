package import Domain

/// How a worker ends.
///
/// Anything else, and a success without a `result` event, is a crash.
package enum ExitCode: Int32, Sendable {
    case succeeded = 0
    case refused = 65
    case leaseHeld = 69
    case transient = 75
    case configuration = 78
    case cancelled = 130

    /// The code for a failure; nil for a crash, which has no code of ours.
    package init?(_ failure: FailureClass) {
        switch failure {
        case .refused: self = .refused
        case .leaseHeld: self = .leaseHeld
        case .transient: self = .transient
        case .configuration: self = .configuration
        case .cancelled: self = .cancelled
        case .crash: return nil
        }
    }

    package var failureClass: FailureClass? {
        switch self {
        case .succeeded: nil
        case .refused: .refused
        case .leaseHeld: .leaseHeld
        case .transient: .transient
        case .configuration: .configuration
        case .cancelled: .cancelled
        }
    }
}
