import CLinux
import Faults
import Glibc

/// Puts the write-ahead log on disk while the event loop goes on.
///
/// SQLite would wait for the disk in each commit, and so would every caller of the control socket. The
/// kernel syncs in the background instead (io_submit, which takes no thread of this process): one sync at
/// a time, and the next one covers all commits that came meanwhile. Where that is not allowed, each commit
/// waits.
@safe final class LogSync {
    private let path: String
    private var file: Int32 = -1
    private var context: UInt = 0
    private var event: Int32 = -1
    /// Slows syncs down for a test.
    private var timer: Int32 = -1
    private let slowness: Int32?
    /// How many commits were written, how many the sync covers that goes on, and how many are on disk.
    private(set) var written: UInt64 = 0
    private var syncing: UInt64?
    private(set) var onDisk: UInt64 = 0

    /// Of the database at a path.
    init(of database: String) {
        path = database + "-wal"
        slowness = Fault.stateSync.slowness
        if unsafe clinux_sync_open(&context, &event) != 0 { event = -1 }
        if event >= 0, slowness != nil { timer = clinux_timer_create() }
    }

    deinit {
        if event >= 0 { clinux_sync_close(context, event) }
        if timer >= 0 { close(timer) }
        if file >= 0 { close(file) }
    }

    /// Readable when a sync may have ended; nil when none goes on in the background.
    var descriptor: Int32? { event < 0 ? nil : timer >= 0 ? timer : event }

    /// A commit more is in the log.
    func wasWritten() throws(StateError) {
        written += 1
        try begin()
    }

    private func begin() throws(StateError) {
        guard syncing == nil, onDisk < written else { return }
        try open()
        if let errno = Fault.stateSync.pass() { throw failure(errno) }
        guard event >= 0, clinux_sync_begin(context, event, file) == 0 else { return try sync() }
        syncing = written
        if let slowness, timer >= 0 { clinux_timer_set(timer, slowness) }
    }

    /// Takes note of the sync that has ended, if one has, and begins the next.
    func noteEnded() throws(StateError) {
        try end(isWaiting: timer >= 0)
        try begin()
    }

    /// Waits until all is on disk.
    func wait() throws(StateError) {
        try end(isWaiting: true)
        if onDisk < written { try sync() }
    }

    private func end(isWaiting: Bool) throws(StateError) {
        var error: Int32 = 0
        guard let number = syncing else {
            // A sync that was waited for has left its news, which would wake the loop for ever.
            if event >= 0 { _ = unsafe clinux_sync_ended(context, event, 0, &error) }
            return
        }
        let count = unsafe clinux_sync_ended(context, event, isWaiting ? 1 : 0, &error)
        if count < 0 { throw failure(-count) }
        guard count > 0 else { return }
        syncing = nil
        if timer >= 0 { clinux_timer_set(timer, 0) }
        if error != 0 { throw failure(error) }
        reached(number)
    }

    private func sync() throws(StateError) {
        try open()
        guard fdatasync(file) == 0 else { throw failure(errno) }
        reached(written)
    }

    private func reached(_ number: UInt64) {
        onDisk = number
        Fault.stateCommitted.passed()
    }

    /// The log is there from the first commit to the end of the process; so must its name be.
    private func open() throws(StateError) {
        guard file < 0 else { return }
        let opened = unsafe clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard opened >= 0 else { throw failure(-opened) }
        file = opened
        let name = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let folder = unsafe clinux_open(
            name.isEmpty ? "." : name,
            O_RDONLY | O_DIRECTORY | O_CLOEXEC,
            0
        )
        guard folder >= 0 else { throw failure(-folder) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(errno) }
    }

    private func failure(_ errno: Int32) -> StateError {
        .failed(path: String(path.dropLast("-wal".count)), action: "write", errno: errno)
    }
}
