package import Postgres

/// What a role must be granted to run a tenant's query, found by the server itself.
package struct SourceRights: Sendable {
    /// What stands between `GRANT` and `TO`.
    private let rights: [String]

    /// Asks which columns a view of the query would depend on; nothing stays of the view.
    ///
    /// The session's role must find the tables, and need not be allowed to read them.
    package init(of query: String, on connection: Connection) throws {
        let query = withoutTerminator(query)
        _ = try connection.transaction(.readOnlySnapshot) { try connection.describe(query: query) }
        try connection.begin()
        defer { connection.rollback() }
        // Columns may share a name in a query, but not in a view.
        try connection.execute("CREATE TEMP VIEW clvd_source AS SELECT FROM (\(query)\n) AS q")
        let rows = try connection.execute(
            """
            WITH needed AS (
                SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_rewrite AS r
                    JOIN pg_depend AS d
                    ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                WHERE r.ev_class = 'pg_temp.clvd_source'::regclass AND d.refobjid <> r.ev_class
            ), relations AS (
                SELECT c.oid, c.relnamespace,
                    ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')' AS list
                FROM needed JOIN pg_class AS c ON refclassid = 'pg_class'::regclass
                    AND c.oid = refobjid
                    LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = refobjsubid
                        AND refobjsubid <> 0
                GROUP BY 1, 2
            )
            SELECT 'USAGE ON SCHEMA ' || relnamespace::regnamespace FROM relations
            WHERE relnamespace <> 'pg_catalog'::regnamespace
            UNION
            SELECT 'SELECT' || coalesce(list, '') || ' ON ' || format('%I.%I', n.nspname, c.relname)
            FROM relations JOIN pg_class AS c USING (oid)
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname <> 'pg_catalog'
            UNION
            SELECT 'EXECUTE ON FUNCTION ' || refobjid::regprocedure FROM needed
            WHERE refclassid = 'pg_proc'::regclass
                AND NOT has_function_privilege('public', refobjid, 'EXECUTE')
            ORDER BY 1 DESC
            """
        )
        rights = (0..<rows.count).compactMap { rows[$0, 0] }
    }

    /// Throws unless the session's role may run the query; no row is read.
    package static func prove(_ query: String, on connection: Connection) throws {
        let query = withoutTerminator(query)
        do {
            try connection.transaction(.readOnlySnapshot) {
                _ = try connection.execute("EXPLAIN SELECT * FROM (\(query)\n) AS q")
            }
        } catch let error as PostgresError {
            throw error.locatingTable(of: query, on: connection)
        }
    }

    /// The statements that give these rights to a role.
    package func statements(for role: String) -> [String] {
        rights.map { "GRANT \($0) TO \(quoted(identifier: role));" }
    }
}
