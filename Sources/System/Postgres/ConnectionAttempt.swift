import CPostgres
import Glibc
import Synchronization

/// One attempt to connect, made by a `Helper`: names are looked up in it, which blocks.
///
/// Safety: the handle is the helper's until the helper has ended, then the owner's; which of the
/// two ends it is settled under the lock.
@safe final class ConnectionAttempt: @unchecked Sendable {
    private enum Stage { case connecting, abandoned, over }

    private let parameters: ConnectionParameters
    /// How long each address may take.
    private let seconds: Int
    private let stage = Mutex(Stage.connecting)
    private var handle: OpaquePointer?
    /// Whether a server let its time pass.
    private(set) var isSilent = false

    init(_ parameters: ConnectionParameters, seconds: Int) {
        self.parameters = parameters
        self.seconds = seconds
    }

    /// The session, whether or not it stands; nil when there is no memory for one.
    ///
    /// All addresses together have four times as long as one.
    func make(unless isCancelled: () -> Bool) throws(PostgresError) -> OpaquePointer? {
        let helper = Helper { [self] in connect() }
        let deadline = ContinuousClock.now + .seconds(4 * seconds)
        while !helper.wait(milliseconds: 100) {
            let isLate = ContinuousClock.now >= deadline
            guard isLate || isCancelled() else { continue }
            guard abandon() else { break }
            throw isLate
                ? .unreachable("\(parameters.place) within \(4 * seconds) seconds", cause: nil)
                : .cancelled
        }
        return unsafe handle
    }

    /// Leaves the helper alone; false when it has ended meanwhile.
    private func abandon() -> Bool {
        stage.withLock {
            guard $0 == .connecting else { return false }
            $0 = .abandoned
            return true
        }
    }

    private var isAbandoned: Bool { stage.withLock { $0 == .abandoned } }

    private func connect() {
        let handle = unsafe start(parameters)
        if let handle = unsafe handle {
            unsafe PQsetNoticeReceiver(handle, ignoreNotice, nil)
            // An error while connecting has no result to ask, so its text must carry the SQLSTATE.
            unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
            unsafe drive(handle)
            unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        }
        let isWanted = stage.withLock {
            guard $0 == .connecting else { return false }
            $0 = .over
            return true
        }
        if isWanted { unsafe self.handle = unsafe handle } else { unsafe PQfinish(handle) }
    }

    /// Goes through the addresses until a session stands or none is left.
    private func drive(_ handle: OpaquePointer) {
        var place = ""
        var deadline = ContinuousClock.now
        // libpq would block if it were asked before the first socket is connected.
        var direction = PGRES_POLLING_WRITING
        while unsafe PQstatus(handle) != CONNECTION_BAD, !isAbandoned {
            let here = unsafe address(handle)
            if here != place {
                place = here
                deadline = .now + .seconds(seconds)
                isSilent = false
            }
            let events = Int16(direction == PGRES_POLLING_READING ? POLLIN : POLLOUT)
            if unsafe !wait(for: events, of: handle, until: deadline) {
                if isSilent { return }
                isSilent = true
                // libpq sees an error, and goes on with the next address.
                unsafe shutdown(PQsocket(handle), Int32(SHUT_RDWR))
            }
            direction = unsafe PQconnectPoll(handle)
            guard direction == PGRES_POLLING_READING || direction == PGRES_POLLING_WRITING else {
                return
            }
        }
    }

    private func wait(
        for events: Int16,
        of handle: OpaquePointer,
        until deadline: ContinuousClock.Instant
    ) -> Bool {
        var entry = unsafe pollfd(fd: PQsocket(handle), events: events, revents: 0)
        while !isAbandoned, ContinuousClock.now < deadline {
            if unsafe poll(&entry, 1, 100) > 0 { return true }
        }
        return false
    }

    private func address(_ handle: OpaquePointer) -> String {
        unsafe [PQhost(handle), PQhostaddr(handle), PQport(handle)].map { unsafe string($0) }
            .joined(separator: " ")
    }
}

/// A notice is of no use to anybody here.
private func ignoreNotice(_: UnsafeMutableRawPointer?, _: OpaquePointer?) {}

private func start(_ parameters: ConnectionParameters) -> OpaquePointer? {
    var keywords = unsafe parameters.pairs.map { unsafe UnsafePointer(strdup($0.keyword)) }
    var values = unsafe parameters.pairs.map { unsafe UnsafePointer(strdup($0.value)) }
    defer {
        unsafe (keywords + values).forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) }
    }
    unsafe keywords.append(nil)
    unsafe values.append(nil)
    return unsafe PQconnectStartParams(&keywords, &values, 1)
}
