package import Domain
package import Postgres

/// Back to a publication that is still kept, in one step.
package enum Rollback {
    package struct Move: Sendable {
        package let from: Int
        package let to: Int
        package let asOf: Day?
    }

    /// Shows readers the publication before the current one, or the one with this number.
    ///
    /// It takes the job's lease, so it never meets a run that publishes. The next run publishes
    /// as always.
    package static func move(
        to number: Int?,
        in destination: Destination,
        holder: String,
        on connection: Connection
    ) throws -> Move {
        let lease = try acquire(for: destination, holder: holder, on: connection)
        do {
            return try connection.transaction {
                try OldPublications.lockPointer(in: destination, on: connection)
                let move = try find(number, in: destination, on: connection)
                try connection.execute(
                    """
                    UPDATE \(destination.table("current_publications"))
                    SET publication_number = $3 WHERE tenant_id = $1 AND job_name = $2
                    """,
                    [destination.tenant, destination.job, String(move.to)]
                )
                try lease.end(for: destination, on: connection)
                return move
            }
        } catch {
            // A lease that could not be given back ends by itself.
            try? lease.release(for: destination, on: connection)
            throw error
        }
    }

    private static func acquire(
        for destination: Destination,
        holder: String,
        on connection: Connection
    ) throws -> Lease {
        do {
            return try Lease.acquire(for: destination, holder: holder, on: connection)
        } catch let error as PublishingError where error.code == "lease_held" {
            throw PublishingError(
                error.code,
                error.message,
                cause: error.cause,
                fix: "wait for the run's end, or run: clvctl cancel "
                    + "\(destination.tenant)/\(destination.job)",
                error.failureClass
            )
        }
    }

    /// Only what readers would see whole: not what is being removed, or was detached by hand.
    private static func find(
        _ number: Int?,
        in destination: Destination,
        on connection: Connection
    ) throws -> Move {
        guard let partitions = try Partitions.find(in: destination, on: connection) else {
            throw missing(number, in: destination)
        }
        let rows = try connection.execute(
            """
            SELECT c.publication_number, p.publication_number, p.as_of_on
            FROM \(destination.table("current_publications")) AS c
                LEFT JOIN \(destination.table("publications")) AS p
                ON p.tenant_id = c.tenant_id AND p.job_name = c.job_name AND p.removing_at IS NULL
                    AND EXISTS (
                        SELECT FROM pg_inherits
                        WHERE inhrelid = to_regclass($4 || p.publication_number)
                            AND NOT inhdetachpending)
                    AND CASE WHEN $3::bigint IS NULL
                        THEN p.publication_number < c.publication_number
                        ELSE p.publication_number = $3 END
            WHERE c.tenant_id = $1 AND c.job_name = $2
            ORDER BY p.publication_number DESC NULLS LAST LIMIT 1
            """,
            [
                destination.tenant, destination.job, number.map { String($0) },
                partitions.leafPrefix(.customerPredictions),
            ]
        )
        guard rows.count == 1, let current = rows.integer(0, 0), let to = rows.integer(0, 1) else {
            throw missing(number, in: destination)
        }
        return Move(from: current, to: to, asOf: rows[0, 2].flatMap { Day($0) })
    }

    private static func missing(_ number: Int?, in destination: Destination) -> PublishingError {
        PublishingError(
            "no_such_publication",
            number.map { "publication \($0) of \"\(destination.job)\" is not kept" }
                ?? "there is no publication of \"\(destination.job)\" before the current one",
            fix: "raise keep_publications to keep more of them; "
                + "\(destination.schema).publications lists those that are kept",
            .configuration
        )
    }
}
