package import Domain
import Glibc

/// What can go wrong around a child process.
package enum SubprocessError: Problem, Equatable {
    case cannotStart(program: String, errno: Int32)
    case workerMissing(looked: [String])
    case system(String, Int32)

    package var code: String {
        switch self {
        case .cannotStart: "cannot_start"
        case .workerMissing: "worker_missing"
        case .system: "system"
        }
    }

    package var message: String {
        switch self {
        case .cannotStart(let program, _): "could not start \"\(program)\""
        case .workerMissing: "the program \"clv-worker\" was not found"
        case .system(let what, _): "could not \(what)"
        }
    }

    package var cause: String? {
        switch self {
        case .cannotStart(_, let number), .system(_, let number):
            unsafe String(cString: strerror(number))
        case .workerMissing(let looked): "looked for " + looked.joined(separator: ", ")
        }
    }

    package var fix: String? {
        switch self {
        case .cannotStart(let program, _): "check that \"\(program)\" exists and may be executed"
        case .workerMissing:
            "install clvd whole, or name the worker: CLV_WORKER=PATH, in clvd.toml workers.program"
        case .system: nil
        }
    }

    package var failureClass: FailureClass {
        switch self {
        case .workerMissing: .configuration
        case .cannotStart, .system: .transient
        }
    }
}
