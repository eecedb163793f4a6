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

    /// Lets the server look every few seconds whether the client is still there: a statement under
    /// way ends with a worker that was killed and could not cancel it.
    ///
    /// Servers before version 14 do not know it, those not on Linux may refuse it. Nothing for them.
    static func watchClient(serverVersion: Int32, inTransaction: Bool = true) -> String {
        guard serverVersion >= 140_000 else { return "" }
        return """
            ;
            SELECT set_config('client_connection_check_interval', '2s', \(inTransaction))
            WHERE version() ~ 'linux'
            """
    }

    /// When the client gives up on one answer.
    func deadline() -> ContinuousClock.Instant? {
        statementSeconds == 0 ? nil : .now + .seconds(statementSeconds + 10)
    }
}
