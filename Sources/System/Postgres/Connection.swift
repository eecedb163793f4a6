import CPostgres
package import Configuration
import Glibc

/// A session with a Postgres server, used by one thread at a time.
///
/// It keeps no session state, so a pooler in transaction mode may stand between: time-outs are set
/// in each transaction, statements have no name. Every wait has an end and asks `isCancelled`.
@safe package final class Connection {
    let handle: OpaquePointer
    let isCancelled: () -> Bool
    package var limits: WaitLimits
    /// Whether the transaction that is open was begun read-only: an error reads differently then.
    var isReadOnly = false
    /// While a transaction is rolled back, a cancellation is no reason to stop, and waits are short.
    var isCleaning = false
    /// While the server commits, nobody can tell any more whether it will.
    var isCommitting = false

    /// Connects.
    ///
    /// The password is read now, so that a rotated one is picked up by the next connection.
    /// `credentials` is the directory of systemd's credentials.
    package init(
        _ settings: ConnectionSettings,
        applicationName: String,
        limits: WaitLimits = WaitLimits(),
        credentials: String? = Connection.credentialsDirectory,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(PostgresError) {
        let parameters = try ConnectionParameters(
            settings,
            applicationName: applicationName,
            limits: limits,
            credentials: credentials
        )
        guard let handle = unsafe start(parameters) else { throw .lost("out of memory") }
        unsafe self.handle = unsafe handle
        self.limits = limits
        self.isCancelled = isCancelled
        unsafe PQsetNoticeReceiver(handle, ignoreNotice, nil)
        // An error while connecting has no result to ask, so its text must carry the SQLSTATE.
        unsafe PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        try finishConnecting()
        unsafe PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        unsafe PQsetnonblocking(handle, 1)
    }

    deinit { unsafe PQfinish(handle) }

    /// How sessions of runs are called in `pg_stat_activity`.
    package static func applicationName(tenant: String, job: String, run: String) -> String {
        "clvd:\(tenant)/\(job)#\(run)"
    }

    package static var credentialsDirectory: String? {
        unsafe getenv("CREDENTIALS_DIRECTORY").map { unsafe String(cString: $0) }
    }

    /// The role of this session.
    package var user: String { unsafe string(PQuser(handle)) }
    package var database: String { unsafe string(PQdb(handle)) }

    /// The server process of this session.
    package var serverProcess: Int32 { unsafe PQbackendPID(handle) }

    /// When the client gives up on what it waits for now.
    func deadline() -> ContinuousClock.Instant? {
        isCleaning ? .now + .seconds(5) : limits.deadline()
    }

    /// Whether to stop waiting because of a cancellation.
    var isToStop: Bool { !isCleaning && !isCommitting && isCancelled() }

    package var isUsable: Bool { unsafe PQstatus(handle) == CONNECTION_OK }

    /// Stops what the server is doing for this connection, from any thread.
    package func canceller() -> Canceller { unsafe Canceller(PQgetCancel(handle)) }
}

/// Asks the server to stop a statement.
///
/// Safety: the cancel object is never changed after its making, and PQcancel may be called from
/// any thread and in a signal handler.
@safe package final class Canceller: @unchecked Sendable {
    private let key: OpaquePointer?

    init(_ key: OpaquePointer?) { unsafe self.key = unsafe key }

    deinit { unsafe PQfreeCancel(key) }

    package func cancel() {
        var complaint = [CChar](repeating: 0, count: 256)
        _ = unsafe PQcancel(key, &complaint, Int32(complaint.count))
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
