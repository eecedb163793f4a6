package import Domain
import Postgres

/// Publications that nobody needs any more, and what an interrupted removal left.
package enum OldPublications {
    /// Drops what lies beyond the newest `keep`, the current one never; gives what went wrong.
    ///
    /// `scored` is how many of each horizon's publications stay until it has passed.
    ///
    /// Nothing here can harm a publication, so a failure is only a warning: a reader with a long
    /// transaction delays the removal to the next run. `patience` is how long one step may take.
    package static func remove(
        keeping keep: Int,
        scoring scored: Int = 0,
        patience seconds: Int = 20,
        in destination: Destination
    ) -> [ProblemReport] {
        do {
            let connection = try destination.connect()
            connection.limits.statementSeconds = seconds
            try connection.limitSession()
            guard let partitions = try Partitions.find(in: destination, on: connection) else {
                return []
            }
            try finishDetaching(in: partitions, on: connection)
            for number in try beyond(keep, scoring: scored, in: destination, on: connection) {
                try remove(number, in: partitions, on: connection)
            }
            try dropLeftovers(in: partitions, on: connection)
            return []
        } catch let problem as any Problem {
            return [problem.report]
        } catch {
            return [ProblemReport(code: "removal_failed", message: "\(error)")]
        }
    }

    private static func beyond(
        _ keep: Int,
        scoring scored: Int,
        in destination: Destination,
        on connection: Connection
    ) throws -> [Int] {
        let rows = try connection.transaction(.readOnlySnapshot) {
            try connection.execute(
                """
                SELECT publication_number FROM (
                    SELECT p.*, c.publication_number IS NOT NULL AS is_current,
                        row_number() OVER (
                            PARTITION BY c.publication_number IS NOT NULL,
                                removing_at IS NOT NULL
                            ORDER BY p.publication_number DESC) AS place,
                        max(p.as_of_on) OVER () AS newest_on
                    FROM \(destination.table("publications")) AS p
                        LEFT JOIN \(destination.table("current_publications")) AS c
                        USING (tenant_id, job_name, publication_number)
                    WHERE p.tenant_id = $1 AND p.job_name = $2 AND p.removed_at IS NULL
                ) AS p
                WHERE NOT is_current AND (removing_at IS NOT NULL
                    OR (place > $3 AND NOT \(isAwaited(in: destination))))
                ORDER BY publication_number DESC
                """,
                [destination.tenant, destination.job, String(max(0, keep - 1)), String(scored)]
            )
        }
        return (0..<rows.count).compactMap { rows.integer($0, 0) }
    }

    /// Whether publication `p` must stay until one of its horizons has passed and was scored.
    ///
    /// Daily publications of a year's horizon would be 365 tables to keep. So each horizon is cut
    /// into `$4` spans, and the first publication of a span stays: never more than `$4` + 2 of a
    /// horizon, because what was not scored a span after its time is given up.
    private static func isAwaited(in destination: Destination) -> String {
        """
        EXISTS (
            SELECT FROM unnest(p.horizons_days) AS h (days), LATERAL (
                SELECT ceil(h.days / nullif($4::numeric, 0))::integer AS days) AS span
            WHERE p.newest_on < p.as_of_on + h.days + span.days
                AND NOT EXISTS (
                    SELECT FROM \(destination.table("realised_metrics")) AS m
                    WHERE m.tenant_id = p.tenant_id AND m.horizon_days = h.days
                        AND m.publication_number = p.publication_number)
                AND NOT EXISTS (
                    SELECT FROM \(destination.table("publications")) AS q
                    WHERE q.tenant_id = p.tenant_id AND q.job_name = p.job_name
                        AND q.publication_number < p.publication_number
                        AND h.days = ANY (q.horizons_days)
                        AND (q.as_of_on - date '0001-01-01') / span.days
                            = (p.as_of_on - date '0001-01-01') / span.days))
        """
    }

    private static func remove(
        _ number: Int,
        in partitions: Partitions,
        on connection: Connection
    ) throws {
        guard try mark(number, in: partitions.destination, on: connection) else { return }
        for bulk in BulkTable.allCases {
            let leaf = partitions.leaf(bulk, number)
            if let parent = try parent(of: leaf, on: connection).name {
                // Cannot run in a transaction; it waits for readers without holding them up.
                try connection.execute(
                    "ALTER TABLE \(parent) DETACH PARTITION \(leaf) CONCURRENTLY"
                )
            }
            try connection.transaction { try connection.execute("DROP TABLE IF EXISTS \(leaf)") }
        }
        let destination = partitions.destination
        try connection.transaction {
            try connection.execute(
                """
                UPDATE \(destination.table("publications")) SET removed_at = now()
                WHERE tenant_id = $1 AND publication_number = $2
                """,
                [destination.tenant, String(number)]
            )
        }
    }

    /// Says that the removal begins, so that nobody goes back to a publication with half its tables.
    ///
    /// False when readers see it, or somebody removed it. `Rollback` locks the same row.
    private static func mark(
        _ number: Int,
        in destination: Destination,
        on connection: Connection
    ) throws -> Bool {
        try connection.transaction {
            try lockPointer(in: destination, on: connection)
            return try connection.execute(
                """
                UPDATE \(destination.table("publications")) AS p
                SET removing_at = coalesce(removing_at, now())
                WHERE tenant_id = $1 AND job_name = $2 AND publication_number = $3
                    AND removed_at IS NULL AND NOT EXISTS (
                        SELECT FROM \(destination.table("current_publications")) AS c
                        WHERE c.tenant_id = p.tenant_id
                            AND c.publication_number = p.publication_number)
                """,
                [destination.tenant, destination.job, String(number)]
            ).affected == 1
        }
    }

    /// Keeps the job's current publication as it is until the transaction ends.
    ///
    /// A statement of its own, because only the next one sees what was waited for.
    static func lockPointer(in destination: Destination, on connection: Connection) throws {
        try connection.execute(
            """
            SELECT 1 FROM \(destination.table("current_publications"))
            WHERE tenant_id = $1 AND job_name = $2 FOR UPDATE
            """,
            [destination.tenant, destination.job]
        )
    }

    /// The table that a leaf is attached to, and whether a detaching was broken off.
    private static func parent(
        of leaf: String,
        on connection: Connection
    ) throws -> (name: String?, isPending: Bool) {
        let rows = try connection.execute(
            """
            SELECT inhparent::regclass::text, inhdetachpending FROM pg_inherits
            WHERE inhrelid = to_regclass($1)
            """,
            [leaf]
        )
        return rows.count == 0 ? (nil, false) : (rows[0, 0], rows.boolean(0, 1))
    }

    /// A detaching that was broken off must be ended before another one can begin.
    private static func finishDetaching(
        in partitions: Partitions,
        on connection: Connection
    ) throws {
        let rows = try connection.transaction(.readOnlySnapshot) {
            try connection.execute(
                """
                SELECT inhparent::regclass::text, inhrelid::regclass::text FROM pg_inherits
                WHERE inhdetachpending AND inhparent::regclass = ANY ($1::regclass[])
                """,
                [arrayParameter(partitions.tables)]
            )
        }
        for row in 0..<rows.count {
            guard let parent = rows[row, 0], let leaf = rows[row, 1] else { continue }
            try connection.transaction {
                try connection.execute("ALTER TABLE \(parent) DETACH PARTITION \(leaf) FINALIZE")
            }
        }
    }

    /// Drops partitions that were detached and not dropped.
    ///
    /// A publication in the making is not among them: nobody else sees its table yet. Nor is one
    /// that readers are to see: whoever detached it may put it back.
    private static func dropLeftovers(
        in partitions: Partitions,
        on connection: Connection
    ) throws {
        let destination = partitions.destination
        let names = BulkTable.allCases.map(\.rawValue).joined(separator: "|")
        try connection.transaction {
            let rows = try connection.execute(
                """
                SELECT oid::regclass::text FROM pg_class AS t
                WHERE relnamespace::regnamespace = ANY ($1::regnamespace[]) AND relkind = 'r'
                    AND relname ~ $2 AND NOT relispartition AND pg_has_role(relowner, 'USAGE')
                    AND NOT EXISTS (
                        SELECT FROM \(destination.table("current_publications")) AS c
                        WHERE t.relname::text LIKE '%\\_' || c.publication_number)
                """,
                [arrayParameter(partitions.schemas), "^(\(names))_[0-9]{1,18}$"]
            )
            for row in 0..<rows.count {
                guard let leaf = rows[row, 0] else { continue }
                try connection.execute("DROP TABLE IF EXISTS \(leaf)")
            }
        }
    }
}
