package import Domain
import Glibc

/// What can go wrong with the service's own state.
package enum StateError: Problem, Hashable {
    case cannotUseDirectory(path: String, errno: Int32)
    /// Another process has this state directory.
    case inUse(path: String, pid: String)
    case damaged(path: String, cause: String)
    /// Written by a newer program.
    case foreignVersion(path: String, found: Int64, known: Int64)
    case failed(path: String, action: String, cause: String)

    static func failed(path: String, action: String, errno: Int32) -> StateError {
        .failed(path: path, action: action, cause: unsafe String(cString: strerror(errno)))
    }

    package var code: String {
        switch self {
        case .cannotUseDirectory: "state_directory_unusable"
        case .inUse: "state_in_use"
        case .damaged: "state_damaged"
        case .foreignVersion: "state_from_newer_version"
        case .failed: "state_failed"
        }
    }

    package var message: String {
        switch self {
        case .cannotUseDirectory(let path, _): "could not use state directory \"\(path)\""
        case .inUse(let path, let pid):
            "state directory \"\(path)\" is in use by another clvd, pid \(pid)"
        case .damaged(let path, _): "state database \"\(path)\" is damaged"
        case .foreignVersion(let path, let found, let known):
            "state database \"\(path)\" has version \(found), this program knows \(known)"
        case .failed(let path, let action, _): "could not \(action) state database \"\(path)\""
        }
    }

    package var cause: String? {
        switch self {
        case .cannotUseDirectory(_, let errno): unsafe String(cString: strerror(errno))
        case .inUse, .foreignVersion: nil
        case .damaged(_, let cause), .failed(_, _, let cause): cause
        }
    }

    package var fix: String? {
        switch self {
        case .cannotUseDirectory(let path, ENOENT):
            "mkdir -p \(path), owned by the user that runs clvd"
        case .cannotUseDirectory(let path, _):
            "let the user that runs clvd own \(path) and write there, or give --state DIR"
        case .inUse(_, let pid): "stop the other one (pid \(pid)), or give this one --state DIR"
        case .damaged(let path, _):
            "move \(path) and the -wal and -shm files beside it away and start again: the history of "
                + "runs is lost, models and forecasts are not"
        case .foreignVersion: "install the newer clvd again, or move the file away"
        case .failed: "check the free space and the permissions of the state directory"
        }
    }

    package var failureClass: FailureClass {
        switch self {
        case .cannotUseDirectory, .inUse, .foreignVersion: .configuration
        case .damaged: .refused
        case .failed: .transient
        }
    }
}
