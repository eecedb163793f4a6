import Postgres

extension PostgresError {
    /// The same error, with a fix that names the schema of the table that the query must not read.
    ///
    /// The server's message leaves it out. But to parse the query it locks the tables in it, wherever
    /// the path or the query itself finds them, and those locks can be seen.
    func locatingTable(of query: String, on connection: Connection) -> PostgresError {
        guard let table = refusedTable,
            let rows = try? connection.transaction(
                .readOnlySnapshot,
                {
                    _ = try connection.describe(query: query)
                    return try connection.execute(PostgresError.lockedTables, [table])
                }
            ), rows.count > 0
        else { return self }
        let places = (0..<rows.count).map { row in
            [rows[row, 0], rows[row, 1]].map { quoted(identifier: $0 ?? "") }
                .joined(separator: ".")
        }
        return PostgresError(
            code: code,
            message: message,
            cause: cause,
            fix: "run: GRANT SELECT ON \(places.joined(separator: ", ")) TO "
                + quoted(identifier: connection.user),
            failureClass: failureClass,
            sqlState: sqlState,
            position: position
        )
    }

    private static let lockedTables = """
        SELECT n.nspname, c.relname FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relname = $1
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND NOT has_table_privilege(c.oid, 'SELECT')
        ORDER BY 1
        """
}
