import Glibc
import Synchronization

/// A place in the code where a test may let something go wrong: just before or after each write,
/// rename, commit and start of a process.
///
/// `CLVD_FAULT=point:n:action` strikes at the n-th time that a process passes the point. Actions are
/// `kill` (which is meant when none is named), `abort`, `ENOSPC`, `EIO`, `EROFS`, and `slow`, which takes
/// ten milliseconds each time from the n-th on. `CLVD_FAULT_LOG=path` writes down what was passed, so
/// that a test can strike everywhere. Without these variables a point costs a look at a constant.
package enum Fault: String, CaseIterable, Sendable {
    case stateCommit = "state.commit"
    case stateSync = "state.sync"
    case stateCommitted = "state.committed"
    case stateCheckpoint = "state.checkpoint"
    case workerSpawn = "worker.spawn"
    case workerSpawned = "worker.spawned"
    case fileWrite = "file.write"
    case fileSync = "file.sync"
    case fileRename = "file.rename"
    case fileRenamed = "file.renamed"
    case databaseCommit = "database.commit"
    case databaseCommitted = "database.committed"

    /// Passes the point: the errno that it is to fail with, nil when nothing goes wrong.
    package func pass() -> Int32? { Fault.plan?.pass(self) }

    /// Passes a point behind which nothing can fail any more.
    package func passed() { _ = pass() }

    /// How many milliseconds something that goes on in the background is to take at least.
    package var slowness: Int32? { Fault.plan?.isSlow(self) == true ? FaultPlan.slowness : nil }

    private static let plan = FaultPlan(
        wish: variable("CLVD_FAULT"),
        log: variable("CLVD_FAULT_LOG")
    )

    private static func variable(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}

/// What a process was asked to let go wrong.
final class FaultPlan: Sendable {
    enum Action: String {
        case kill, abort, full = "ENOSPC", broken = "EIO", readOnly = "EROFS", slow
    }

    /// In milliseconds.
    static let slowness: Int32 = 10

    private let point: String
    private let number: Int
    private let action: Action
    private let log: String?
    private let counts = Mutex<[Fault: Int]>([:])

    /// Nil when nothing is wanted, or the wish is not understood.
    init?(wish: String?, log: String?) {
        let parts = (wish ?? "").split(separator: ":").map(String.init)
        guard wish != nil || log != nil else { return nil }
        point = parts.first ?? ""
        number = parts.count > 1 ? Int(parts[1]) ?? 0 : 1
        action = parts.count > 2 ? Action(rawValue: parts[2]) ?? .kill : .kill
        self.log = log
    }

    func isSlow(_ fault: Fault) -> Bool { fault.rawValue == point && action == .slow }

    func pass(_ fault: Fault) -> Int32? {
        let count = counts.withLock { counts in
            counts[fault, default: 0] += 1
            return counts[fault, default: 0]
        }
        if let log { note("\(fault.rawValue):\(count)\n", in: log) }
        guard fault.rawValue == point, count == number || action == .slow && count > number else {
            return nil
        }
        switch action {
        case .kill:
            Glibc.kill(getpid(), SIGKILL)
            return nil
        case .abort:
            // Nobody wants the core, which would land in the folder of whoever runs the tests.
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
            Glibc.abort()
        case .full: return ENOSPC
        case .broken: return EIO
        case .readOnly: return EROFS
        case .slow:
            // What goes on in the background has its own way to be slow.
            if fault != .stateSync { usleep(UInt32(FaultPlan.slowness) * 1000) }
            return nil
        }
    }

    private func note(_ line: String, in path: String) {
        let file = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        let bytes = Array(line.utf8)
        _ = unsafe write(file, bytes, bytes.count)
    }
}
