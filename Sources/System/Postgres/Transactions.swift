import CPostgres
import Domain
import Faults
import Glibc

/// What a transaction sees and may do.
package enum TransactionKind: Sendable {
    case readWrite
    /// One snapshot for all statements, and nothing can be changed.
    case readOnlySnapshot

    fileprivate var begin: String {
        switch self {
        case .readWrite: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        case .readOnlySnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        }
    }
}

extension Connection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    @discardableResult
    package func transaction<R>(
        _ kind: TransactionKind = .readWrite,
        _ body: () throws -> R
    ) throws -> R {
        do {
            try begin(kind)
            let value = try body()
            try commit()
            return value
        } catch {
            rollback()
            throw error
        }
    }

    /// For transactions that outlive a function; `commit` or `rollback` ends them.
    package func begin(_ kind: TransactionKind = .readWrite) throws(PostgresError) {
        isReadOnly = kind == .readOnlySnapshot
        let watching = unsafe WaitLimits.watchClient(serverVersion: PQserverVersion(handle))
        try executeScript("\(kind.begin); \(limits.setLocal)\(watching)")
    }

    /// Bounds on the server what runs outside of transactions, where the session is ours alone.
    ///
    /// A pooler in transaction mode would hand the settings on to its next client. It names itself
    /// at the log-in and not the server's process, which gives it away; behind it, only the
    /// client's own patience ends such a statement.
    package func limitSession() throws(PostgresError) {
        let process = try execute("SELECT pg_backend_pid()").integer(0, 0)
        guard process == Int(serverProcess) else { return }
        let watching = unsafe WaitLimits.watchClient(
            serverVersion: PQserverVersion(handle),
            inTransaction: false
        )
        try executeScript("SET statement_timeout = \(limits.statementSeconds * 1000)\(watching)")
    }

    package func commit() throws(PostgresError) {
        if isToStop { throw .cancelled }
        isCommitting = true
        defer { isCommitting = false }
        if let errno = Fault.databaseCommit.pass() {
            throw PostgresError(
                code: "not_committed",
                message: "the transaction could not be committed",
                cause: unsafe String(cString: strerror(errno)),
                failureClass: .transient
            )
        }
        let answer = try executeScript("COMMIT")
        isReadOnly = false
        guard answer.commandTag == "COMMIT" else {
            throw PostgresError(
                code: "not_committed",
                message: "the transaction could not be committed",
                failureClass: .transient
            )
        }
        Fault.databaseCommitted.passed()
    }

    /// Does what must still be done when the work was cancelled; the waits in it are short.
    ///
    /// What was under way is given up first.
    @discardableResult
    package func closing<R>(_ body: () throws -> R) rethrows -> R {
        isCleaning = true
        defer { isCleaning = false }
        rollback()
        return try body()
    }

    /// Ends the transaction without effect.
    ///
    /// A connection that does not answer is left to its end: the server rolls back by itself.
    package func rollback() {
        isReadOnly = false
        let wasCleaning = isCleaning
        isCleaning = true
        defer { isCleaning = wasCleaning }
        guard isUsable, (try? drain()) != nil else { return }
        if unsafe PQtransactionStatus(handle) != PQTRANS_IDLE { _ = try? executeScript("ROLLBACK") }
    }

    /// Ends whatever statement or copy is under way, and forgets its answers.
    ///
    /// A cancellation that comes to the server before its statement does is lost, so it is sent
    /// again and again.
    private func drain() throws(PostgresError) {
        guard unsafe PQtransactionStatus(handle) == PQTRANS_ACTIVE else { return }
        let end = deadline() ?? .now
        if unsafe PQisBusy(handle) == 1 { stopStatement() }
        while true {
            do {
                return try forgetAnswers(until: .now + .milliseconds(500))
            } catch  where error.code == "server_silent" && ContinuousClock.now < end {
                continue
            }
        }
    }

    private func forgetAnswers(until deadline: ContinuousClock.Instant) throws(PostgresError) {
        while let result = try unsafe nextResult(until: deadline) {
            let status = unsafe PQresultStatus(result)
            unsafe PQclear(result)
            if status == PGRES_COPY_IN {
                _ = unsafe PQputCopyEnd(handle, "given up")
                try flush(until: deadline)
            } else if status == PGRES_COPY_OUT {
                stopStatement()
                let reader = CopyReader(self, blockSize: 1 << 16)
                while let _ = try? reader.block() {}
            }
        }
    }
}
