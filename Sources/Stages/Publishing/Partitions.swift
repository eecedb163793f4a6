import Domain
import Postgres

/// The tables behind a bulk table: one per tenant, and in it one per publication.
enum Partitions {
    /// Makes the tenant's level where it is missing, without blocking a reader of other tenants.
    static func ensureTenant(in destination: Destination, on connection: Connection) throws {
        try connection.transaction {
            let tag = try tenantTag(destination, on: connection)
            let last = "\(BulkTable.allCases[BulkTable.allCases.count - 1].rawValue)_\(tag)"
            if try connection.hasTable(last, in: destination.schema) { return }
            // Two jobs of one tenant may come here first at once.
            try connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('clvd tenant ' || $1, 0))",
                [destination.table(last)]
            )
            if try connection.hasTable(last, in: destination.schema) { return }
            for bulk in BulkTable.allCases {
                try createTenant(of: bulk, tag, in: destination, on: connection)
            }
        }
    }

    private static func createTenant(
        of bulk: BulkTable,
        _ tag: String,
        in destination: Destination,
        on connection: Connection
    ) throws {
        let table = destination.table("\(bulk.rawValue)_\(tag)")
        let tenant = quoted(literal: destination.tenant)
        // CREATE TABLE ... PARTITION OF would lock every reader of the root out.
        try connection.executeScript(
            """
            CREATE TABLE \(table) (LIKE \(destination.table(bulk.rootName)))
                PARTITION BY LIST (publication_number);
            ALTER TABLE \(destination.table(bulk.rootName))
                ATTACH PARTITION \(table) FOR VALUES IN (\(tenant));
            COMMENT ON TABLE \(table) IS \(quoted(literal: "publications of \(destination.tenant)"))
            """
        )
    }

    /// A short name for any tenant: 32 hexadecimal digits.
    private static func tenantTag(
        _ destination: Destination,
        on connection: Connection
    ) throws -> String {
        let row = try connection.execute(
            "SELECT left(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 32)",
            [destination.tenant]
        )
        return row[0, 0] ?? ""
    }

    /// A table for one publication's rows, seen by nobody yet.
    static func createLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        in destination: Destination,
        on connection: Connection
    ) throws {
        let leaf = destination.leaf(bulk, publication)
        try connection.execute(
            "CREATE TABLE \(leaf) (LIKE \(destination.table(bulk.rootName)))"
        )
    }

    /// Refuses rows that no reader may see.
    ///
    /// One look at all rows by as many processes as the server gives costs a third of checks made
    /// row by row while they come in.
    static func checkLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        in destination: Destination,
        on connection: Connection
    ) throws {
        let wrong = try connection.execute(
            """
            SELECT to_jsonb(leaf)::text FROM \(destination.leaf(bulk, publication)) AS leaf
            WHERE NOT (\(bulk.assertions.joined(separator: " AND "))) LIMIT 1
            """
        )
        guard wrong.count == 0 else {
            throw PublishingError(
                "impossible_forecast",
                "the new forecast holds an impossible row and was not published",
                cause: wrong[0, 0],
                fix: "the forecast before it stays; report this row as a fault of clvd",
                .refused
            )
        }
    }

    /// Gives a filled leaf its key and the server its figures.
    ///
    /// The checks say more than the partition's bound does, so that attaching need not read the rows
    /// again.
    static func finishLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        in destination: Destination,
        on connection: Connection
    ) throws {
        let leaf = destination.leaf(bulk, publication)
        try connection.executeScript(
            """
            ALTER TABLE \(leaf) ADD CHECK (tenant_id = \(quoted(literal: destination.tenant))),
                ADD CHECK (publication_number = \(publication)), ADD PRIMARY KEY (\(bulk.leafKey));
            SET LOCAL default_statistics_target = \(statisticsTarget);
            ANALYZE \(leaf)
            """
        )
    }

    /// A sample of 9,000 rows tells the shares of segments and levels to a percent, at half the cost
    /// of the server's usual 30,000.
    private static let statisticsTarget = 30

    /// Makes a filled leaf part of the table that readers see.
    ///
    /// The parent is locked against other changes of its partitions, not against readers.
    static func attachLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        in destination: Destination,
        on connection: Connection
    ) throws {
        let tag = try tenantTag(destination, on: connection)
        let parent = destination.table("\(bulk.rawValue)_\(tag)")
        let leaf = destination.leaf(bulk, publication)
        try connection.execute(
            "ALTER TABLE \(parent) ATTACH PARTITION \(leaf) FOR VALUES IN (\(publication))"
        )
    }
}

extension Connection {
    /// Looks into the catalogue itself: `to_regclass` may answer from before another session's
    /// commit.
    func hasTable(_ name: String, in schema: String) throws(PostgresError) -> Bool {
        try execute(
            """
            SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2
            """,
            [schema, name]
        ).count == 1
    }
}
