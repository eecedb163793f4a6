import Domain
package import Postgres

/// The right to publish one job's forecast, for a while.
///
/// The server's clock alone decides. Each holder gets a higher epoch, and a publication is
/// committed only under the epoch that it began with, so a holder that slept too long changes
/// nothing, whether or not another one came.
package struct Lease: Sendable {
    package let epoch: Int
    package let seconds: Int
    package let holder: String

    /// Long enough for a slow commit, short enough that a killed worker blocks nobody for long.
    package static let defaultSeconds = 60

    /// Takes the lease in a transaction of its own.
    ///
    /// The same holder gets it again at once: a retry of a run need not wait for the lease of the
    /// attempt that was killed.
    package static func acquire(
        for destination: Destination,
        holder: String,
        seconds: Int = defaultSeconds,
        on connection: Connection
    ) throws -> Lease {
        let leases = destination.table("leases")
        let names = [destination.tenant, destination.job]
        return try connection.transaction {
            let taken = try connection.execute(
                """
                INSERT INTO \(leases) AS l
                VALUES ($1, $2, 1, $3, clock_timestamp(),
                    clock_timestamp() + make_interval(secs => $4))
                ON CONFLICT (tenant_id, job_name) DO UPDATE SET
                    epoch = l.epoch + 1, holder = excluded.holder,
                    acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
                WHERE l.expires_at <= clock_timestamp() OR l.holder = excluded.holder
                RETURNING epoch
                """,
                names + [holder, String(seconds)]
            )
            if let epoch = taken.count == 1 ? taken.integer(0, 0) : nil {
                return Lease(epoch: epoch, seconds: seconds, holder: holder)
            }
            let other = try connection.execute(
                "SELECT holder, expires_at FROM \(leases) WHERE tenant_id = $1 AND job_name = $2",
                names
            )
            throw PublishingError(
                "lease_held",
                "another run may publish \"\(destination.job)\" now",
                cause: other.count == 0
                    ? nil : "run \"\(other[0, 0] ?? "")\" until \(other[0, 1] ?? "")",
                fix: "wait for it, it is tried again",
                .leaseHeld
            )
        }
    }

    /// Moves the end; false when the lease is over, then it stays over.
    package func renew(for destination: Destination, on connection: Connection) throws -> Bool {
        try move(to: seconds, for: destination, on: connection)
    }

    /// Lets the next run in at once.
    package func release(for destination: Destination, on connection: Connection) throws {
        _ = try move(to: 0, for: destination, on: connection)
    }

    /// Gives the lease back with the transaction that is open; throws unless it holds till then.
    ///
    /// So nobody waits for the lease of a run that has published, however that run ends.
    func end(for destination: Destination, on connection: Connection) throws {
        guard try setEnd(in: 0, for: destination, on: connection) else { throw lost(destination) }
    }

    private func move(
        to seconds: Int,
        for destination: Destination,
        on connection: Connection
    ) throws -> Bool {
        try connection.transaction { try setEnd(in: seconds, for: destination, on: connection) }
    }

    /// Inside the caller's transaction; false when the lease is over.
    private func setEnd(
        in seconds: Int,
        for destination: Destination,
        on connection: Connection
    ) throws -> Bool {
        try connection.execute(
            """
            UPDATE \(destination.table("leases"))
            SET expires_at = clock_timestamp() + make_interval(secs => $4)
            WHERE tenant_id = $1 AND job_name = $2 AND epoch = $3
                AND expires_at > clock_timestamp()
            """,
            [destination.tenant, destination.job, String(epoch), String(seconds)]
        ).affected == 1
    }

    /// Whether nobody took the lease since, and nobody can until the transaction ends.
    func isNewest(for destination: Destination, on connection: Connection) throws -> Bool {
        let rows = try connection.execute(
            """
            SELECT 1 FROM \(destination.table("leases"))
            WHERE tenant_id = $1 AND job_name = $2 AND epoch = $3 FOR UPDATE
            """,
            [destination.tenant, destination.job, String(epoch)]
        )
        return rows.count == 1
    }

    /// Throws unless this lease holds; nobody else can take it until the transaction ends.
    func demand(for destination: Destination, on connection: Connection) throws {
        let held = try connection.execute(
            """
            SELECT 1 FROM \(destination.table("leases"))
            WHERE tenant_id = $1 AND job_name = $2 AND epoch = $3
                AND expires_at > clock_timestamp()
            FOR UPDATE
            """,
            [destination.tenant, destination.job, String(epoch)]
        )
        guard held.count == 1 else { throw lost(destination) }
    }

    private func lost(_ destination: Destination) -> PublishingError {
        PublishingError(
            "lease_lost",
            "this run may no longer publish \"\(destination.job)\"",
            cause: "its lease, number \(epoch), ended before the publication",
            fix: "it is tried again",
            .leaseHeld
        )
    }
}
