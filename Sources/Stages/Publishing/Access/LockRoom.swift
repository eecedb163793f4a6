import Postgres

extension AccessQuestions {
    /// Whether one reader of all tenants finds room for its locks.
    ///
    /// The server locks every table and index that a query might read, before it knows which it will
    /// (PostgreSQL 15, 20.12: the lock table is shared by all sessions).
    var lockRoom: String {
        """
        WITH RECURSIVE part (oid) AS (\(roots) UNION ALL
            SELECT inhrelid FROM pg_inherits JOIN part ON inhparent = part.oid
        ), needed (locks) AS (
            SELECT (SELECT count(*) FROM part)
                + (SELECT count(*) FROM pg_index JOIN part ON indrelid = part.oid)
        ), sessions (number) AS (
            SELECT current_setting('max_connections')::bigint
                + current_setting('max_prepared_transactions')::bigint
        ), room (locks) AS (
            SELECT number * current_setting('max_locks_per_transaction')::bigint FROM sessions
        )
        SELECT format('a query that names no tenant takes up to %s locks, and the server has room for %s',
                needed.locks, room.locks),
            format('name the tenant in queries, or run: ALTER SYSTEM SET max_locks_per_transaction = %s'
                ', and restart the server', (2 * needed.locks + number - 1) / number)
        FROM needed, sessions, room WHERE needed.locks > room.locks
        """
    }
}
