import Glibc
import Postgres
import Synchronization

/// Readers that loop over the published forecast, and a watch over what they wait for.
final class WatchedReaders: Sendable {
    /// What they saw.
    struct Seen: Sendable {
        var answers = 0
        /// Answers that are no publication's rows.
        var foreign = 0
        /// The longest time that one of them stood in wait_event_type Lock, in seconds.
        var longestLockWait = 0.0
    }

    private struct Shared {
        var isStopped = false
        var answers: [String: Int] = [:]
        var known: Set<String> = []
        var longestLockWait = 0.0
        /// Threads that have not ended.
        var threads = 0
        var failure: String?
    }

    private static let sum = "SELECT count(*), sum(expected_spend) FROM"

    private let shared = Mutex(Shared())
    private let connect: @Sendable (_ name: String) throws -> Connection

    /// Two that ask again and again, two that hold a snapshot for ten seconds, and the watch.
    init(connect: @escaping @Sendable () throws -> Connection) throws {
        self.connect = { name in
            let connection = try connect()
            // Parallel workers would wait on behalf of a reader, and jit takes longer than the sum.
            try connection.executeScript(
                """
                SET application_name = '\(name)'; SET jit = off;
                SET max_parallel_workers_per_gather = 0
                """
            )
            return connection
        }
        try know("clv.customer_predictions", on: connect())
        for _ in 1...2 { start { try $0.ask() } }
        for _ in 1...2 { start { try $0.hold() } }
        start { try $0.watch() }
    }

    /// Takes the rows of a publication for whole.
    func know(_ publication: Int) throws {
        try know("clv.customer_predictions_\(publication)", on: connect("clvbench"))
    }

    private func know(_ table: String, on connection: Connection) throws {
        let rows = try connection.execute("\(WatchedReaders.sum) \(table)")
        shared.withLock { _ = $0.known.insert(answer(rows)) }
    }

    func end() throws -> Seen {
        shared.withLock { $0.isStopped = true }
        while shared.withLock({ $0.threads > 0 }) { usleep(10_000) }
        return try shared.withLock { shared in
            if let failure = shared.failure { throw ReaderFailed(description: failure) }
            return Seen(
                answers: shared.answers.values.reduce(0, +),
                foreign: shared.answers.filter { !shared.known.contains($0.key) }.values
                    .reduce(0, +),
                longestLockWait: shared.longestLockWait
            )
        }
    }

    private var isStopped: Bool { shared.withLock(\.isStopped) }

    private func answer(_ rows: Rows) -> String { "\(rows[0, 0] ?? "") \(rows[0, 1] ?? "")" }

    private func read(_ connection: Connection) throws -> String {
        let found = answer(
            try connection.execute("\(WatchedReaders.sum) clv.customer_predictions")
        )
        shared.withLock { $0.answers[found, default: 0] += 1 }
        return found
    }

    private func ask() throws {
        let connection = try connect("reader")
        while !isStopped { _ = try read(connection) }
    }

    /// Inside a repeatable-read transaction nothing may change, however long it lasts.
    private func hold() throws {
        let connection = try connect("holder")
        while !isStopped {
            try connection.transaction(.readOnlySnapshot) {
                let first = try read(connection)
                let end = seconds() + 10
                while seconds() < end, !isStopped { usleep(50_000) }
                guard try read(connection) == first else {
                    throw ReaderFailed(description: "a repeatable read was not repeatable")
                }
            }
        }
    }

    private func watch() throws {
        let connection = try connect("watch")
        var since: [String: Double] = [:]
        while !isStopped {
            let rows = try connection.execute(
                """
                SELECT pid FROM pg_stat_activity WHERE application_name IN ('reader', 'holder')
                    AND wait_event_type = 'Lock'
                """
            )
            let now = seconds()
            let waiting = Set((0..<rows.count).compactMap { rows[$0, 0] })
            since = since.filter { waiting.contains($0.key) }
            for process in waiting {
                let start = since[process] ?? now - 0.002
                since[process] = start
                shared.withLock { $0.longestLockWait = max($0.longestLockWait, now - start) }
            }
            usleep(2000)
        }
    }

    /// Runs `work` in a thread of its own.
    private func start(_ work: @escaping @Sendable (WatchedReaders) throws -> Void) {
        shared.withLock { $0.threads += 1 }
        let context = unsafe Unmanaged.passRetained(ReaderThread(self, work)).toOpaque()
        var thread = pthread_t()
        let failure = unsafe pthread_create(&thread, nil, runReader, context)
        precondition(failure == 0, "could not start a thread: \(failure)")
        pthread_detach(thread)
    }

    fileprivate func run(_ work: (WatchedReaders) throws -> Void) {
        do { try work(self) } catch { shared.withLock { $0.failure = "\(error)" } }
        shared.withLock { $0.threads -= 1 }
    }
}

private struct ReaderFailed: Error, CustomStringConvertible {
    let description: String
}

private final class ReaderThread: Sendable {
    private let readers: WatchedReaders
    private let work: @Sendable (WatchedReaders) throws -> Void

    init(_ readers: WatchedReaders, _ work: @escaping @Sendable (WatchedReaders) throws -> Void) {
        self.readers = readers
        self.work = work
    }

    func run() { readers.run(work) }
}

/// The thread's body: takes back what `start` retained.
private func runReader(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context = unsafe context else { return nil }
    unsafe Unmanaged<ReaderThread>.fromOpaque(context).takeRetainedValue().run()
    return nil
}
