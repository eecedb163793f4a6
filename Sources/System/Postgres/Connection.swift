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
        let attempt = ConnectionAttempt(parameters, seconds: limits.connectSeconds)
        guard let handle = try unsafe attempt.make(unless: isCancelled) else {
            throw .lost("out of memory")
        }
        unsafe self.handle = unsafe handle
        self.limits = limits
        self.isCancelled = isCancelled
        guard isUsable else { throw connectFailure(isSilent: attempt.isSilent) }
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

    /// Waits until the server has heard it, but not for long: libpq would wait without end for a
    /// server that is no longer there.
    package func cancel() {
        let helper = Helper { [self] in
            var complaint = [CChar](repeating: 0, count: 256)
            _ = unsafe PQcancel(key, &complaint, Int32(complaint.count))
        }
        _ = helper.wait(milliseconds: 2000)
    }
}
