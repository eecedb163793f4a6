/// How long anything may take, in seconds; 0 means for ever.
///
/// The server is told the last three in every transaction, and the client waits a little longer
/// than the server may take.
package struct WaitLimits: Hashable, Sendable {
    package var connectSeconds = 15
    package var statementSeconds = 3600
    package var lockSeconds = 10
    package var idleInTransactionSeconds = 600

    package init() {}

    /// `SET LOCAL` in each transaction, because a pooler keeps no session.
    var setLocal: String {
        """
        SET LOCAL statement_timeout = \(statementSeconds * 1000);
        SET LOCAL lock_timeout = \(lockSeconds * 1000);
        SET LOCAL idle_in_transaction_session_timeout = \(idleInTransactionSeconds * 1000)
        """
    }

    /// When the client gives up on one answer.
    func deadline() -> ContinuousClock.Instant? {
        statementSeconds == 0 ? nil : .now + .seconds(statementSeconds + 10)
    }
}
