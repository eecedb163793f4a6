import Domain
import Postgres

/// The tables behind a tenant's bulk tables: one per bulk table for the tenant, and in it one per
/// publication.
///
/// An administrator makes the tenant's level with `clvctl db grants`, in a schema where the tenant's
/// role may make tables. Where one role owns everything it is made here, in the forecasts' schema.
/// A publication's table lies beside the tenant's, in either case.
struct Partitions {
    let destination: Destination
    /// The tenant's level, as SQL, and the schema that it lies in, as SQL too.
    private let parents: [BulkTable: (table: String, schema: String)]

    /// Finds the tenant's level, and makes it where it is missing, without blocking a reader of other
    /// tenants.
    static func ensured(in destination: Destination, on connection: Connection) throws -> Partitions
    {
        try connection.transaction {
            if let found = try find(in: destination, on: connection) { return found }
            // Two jobs of one tenant may come here first at once.
            try connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('clvd tenant ' || $1, 0))",
                [destination.table(destination.tenant)]
            )
            if let found = try find(in: destination, on: connection) { return found }
            try demandOwnership(in: destination, on: connection)
            let tag = try tenantTag(destination, on: connection)
            for bulk in BulkTable.allCases {
                let name = destination.table("\(bulk.rawValue)_\(tag)")
                try connection.executeScript(creation(of: bulk, named: name, in: destination))
            }
            return try find(in: destination, on: connection)
                ?? Partitions(destination: destination, parents: [:])
        }
    }

    /// Nil unless every bulk table has a partition for the tenant.
    static func find(in destination: Destination, on connection: Connection) throws -> Partitions? {
        var parents: [BulkTable: (table: String, schema: String)] = [:]
        for bulk in BulkTable.allCases {
            let row = try connection.execute(lookUp(bulk, in: destination))
            guard row.count == 1, let table = row[0, 1], let schema = row[0, 2] else { return nil }
            parents[bulk] = (table, schema)
        }
        return Partitions(destination: destination, parents: parents)
    }

    /// A query for the table of a tenant's level: `oid`, and its name and schema as SQL.
    ///
    /// The bound alone tells, because the partition's owner may change its name. It is read without
    /// naming its table, which newer servers would lock, and other tenants' with it.
    static func lookUp(_ bulk: BulkTable, in destination: Destination) -> String {
        let value = destination.tenant.replacing("'", with: "''")
        return """
            SELECT c.oid, format('%I.%I', n.nspname, c.relname), quote_ident(n.nspname)
            FROM pg_class AS r JOIN pg_namespace AS s ON s.oid = r.relnamespace
                JOIN pg_inherits AS i ON i.inhparent = r.oid
                JOIN pg_class AS c ON c.oid = i.inhrelid
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE s.nspname = \(quoted(literal: destination.schema))
                AND r.relname = '\(bulk.rootName)' AND pg_get_expr(c.relpartbound, 0)
                    = \(quoted(literal: "FOR VALUES IN ('\(value)')"))
            """
    }

    /// The statements that make one table of a tenant's level, whose name is SQL already.
    static func creation(
        of bulk: BulkTable,
        named table: String,
        in destination: Destination
    ) -> String {
        let tenant = quoted(literal: destination.tenant)
        let root = destination.table(bulk.rootName)
        // CREATE TABLE ... PARTITION OF would lock every reader of the root out.
        return """
            CREATE TABLE \(table) (LIKE \(root)) PARTITION BY LIST (publication_number);
            ALTER TABLE \(root) ATTACH PARTITION \(table) FOR VALUES IN (\(tenant));
            COMMENT ON TABLE \(table) IS \(quoted(literal: "publications of \(destination.tenant)"));
            """
    }

    private static func demandOwnership(
        in destination: Destination,
        on connection: Connection
    ) throws {
        let row = try connection.execute(
            """
            SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
            WHERE oid = to_regclass($1)
            """,
            [destination.table(BulkTable.customerPredictions.rootName)]
        )
        guard row.count == 1, row.boolean(0, 0) else {
            throw PublishingError(
                "no_partitions",
                "schema \"\(destination.schema)\" has no partitions for tenant "
                    + "\"\(destination.tenant)\"",
                fix: "run: clvctl db grants \(destination.tenant), and have the owner of the "
                    + "schema run what it prints",
                .configuration
            )
        }
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

    /// The partition for one publication's rows, as SQL.
    func leaf(_ bulk: BulkTable, _ publication: Int) -> String {
        "\(leafPrefix(bulk))\(publication)"
    }

    /// What stands before the publication's number in the name of a leaf, as SQL.
    func leafPrefix(_ bulk: BulkTable) -> String {
        let schema = parents[bulk]?.schema ?? quoted(identifier: destination.schema)
        return "\(schema).\(bulk.rawValue)_"
    }

    /// The tenant's tables and all below them: names and schemas as SQL, owners as they are.
    func all(on connection: Connection) throws -> [(name: String, schema: String, owner: String)] {
        let rows = try connection.execute(
            """
            SELECT format('%I.%I', n.nspname, c.relname), quote_ident(n.nspname),
                pg_get_userbyid(c.relowner)
            FROM unnest($1::regclass[]) AS parent, pg_partition_tree(parent) AS t
                JOIN pg_class AS c ON c.oid = t.relid
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
            ORDER BY t.level, c.oid
            """,
            [arrayParameter(tables)]
        )
        return (0..<rows.count).map { (rows[$0, 0] ?? "", rows[$0, 1] ?? "", rows[$0, 2] ?? "") }
    }

    /// The schemas that publications' tables lie in, as SQL.
    var schemas: [String] { Set(parents.values.map(\.schema)).sorted() }
    /// The tables of the tenant's level, as SQL.
    var tables: [String] { parents.values.map(\.table).sorted() }

    /// A table for one publication's rows, seen by nobody yet.
    ///
    /// Its checks say more than the partition's bound will, so that attaching it reads no row again.
    func createLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        on connection: Connection
    ) throws {
        let leaf = leaf(bulk, publication)
        try connection.execute(
            """
            CREATE TABLE \(leaf) (LIKE \(destination.table(bulk.rootName)),
                CHECK (tenant_id = \(quoted(literal: destination.tenant))),
                CHECK (publication_number = \(publication)))
            """
        )
    }

    /// Makes a filled leaf part of what readers see: its rows checked, its key made, attached.
    func publishLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        on connection: Connection
    ) throws {
        try checkLeaf(of: bulk, publication, on: connection)
        try finishLeaf(of: bulk, publication, on: connection)
        try attachLeaf(of: bulk, publication, on: connection)
    }

    /// Refuses rows that no reader may see.
    ///
    /// One look at all rows by as many processes as the server gives costs a third of checks made
    /// row by row while they come in.
    private func checkLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        on connection: Connection
    ) throws {
        guard !bulk.assertions.isEmpty else { return }
        let wrong = try connection.execute(
            """
            SELECT to_jsonb(leaf)::text FROM \(leaf(bulk, publication)) AS leaf
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
    private func finishLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        on connection: Connection
    ) throws {
        let leaf = leaf(bulk, publication)
        try connection.executeScript(
            """
            ALTER TABLE \(leaf) ADD PRIMARY KEY (\(bulk.leafKey));
            SET LOCAL default_statistics_target = \(Partitions.statisticsTarget);
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
    private func attachLeaf(
        of bulk: BulkTable,
        _ publication: Int,
        on connection: Connection
    ) throws {
        guard let parent = parents[bulk]?.table else { return }
        let leaf = leaf(bulk, publication)
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
