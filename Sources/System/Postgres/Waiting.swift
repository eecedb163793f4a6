import CPostgres
import Glibc

/// How often a wait looks whether it was cancelled.
private let waitSliceMilliseconds: Int32 = 100

extension Connection {
    /// Waits for the socket; false when the time is over.
    func waitForSocket(
        _ events: Int16,
        until deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> Bool {
        var entry = unsafe pollfd(fd: PQsocket(handle), events: events, revents: 0)
        while true {
            guard !isToStop else {
                stopStatement()
                throw .cancelled
            }
            let ready = unsafe poll(&entry, 1, waitSliceMilliseconds)
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { throw .lost(errorText(errno)) }
            if let deadline, ContinuousClock.now >= deadline { return false }
        }
    }

    /// Waits until the server has sent something, and takes it in.
    func awaitInput(_ what: String, until deadline: ContinuousClock.Instant?) throws(PostgresError)
    {
        guard try waitForSocket(Int16(POLLIN), until: deadline) else {
            stopStatement()
            throw .timedOut(waitingFor: what, seconds: limits.statementSeconds + 10)
        }
        try takeInput()
    }

    /// Sends what is still in libpq's buffer, and reads meanwhile so that neither side blocks.
    func flush(until deadline: ContinuousClock.Instant?) throws(PostgresError) {
        while true {
            let state = unsafe PQflush(handle)
            if state == 0 { return }
            guard state > 0 else { throw unsafe .lost(string(PQerrorMessage(handle))) }
            guard try waitForSocket(Int16(POLLIN | POLLOUT), until: deadline) else {
                stopStatement()
                throw .timedOut(waitingFor: "sending", seconds: limits.statementSeconds + 10)
            }
            try takeInput()
        }
    }

    private func takeInput() throws(PostgresError) {
        guard unsafe PQconsumeInput(handle) == 1 else {
            throw unsafe .lost(string(PQerrorMessage(handle)))
        }
    }

    /// Tells the server to stop; the results of the stopped statement are drained by a rollback.
    func stopStatement() {
        guard unsafe PQtransactionStatus(handle) == PQTRANS_ACTIVE else { return }
        canceller().cancel()
    }
}
