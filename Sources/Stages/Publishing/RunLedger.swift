package import Domain
package import Postgres

/// The rows of `runs` and `rejected_rows` that a run writes about itself.
package struct RunLedger: Sendable {
    package let destination: Destination
    package let run: RunRecord
    private let lease: Lease

    /// Writes the run as `running`, in a transaction of its own.
    ///
    /// Only the holder of the lease calls this, so every other run of the job that is still
    /// `running` was killed: it becomes `interrupted`.
    package static func open(
        _ run: RunRecord,
        in destination: Destination,
        under lease: Lease,
        on connection: Connection
    ) throws -> RunLedger {
        let ledger = RunLedger(destination: destination, run: run, lease: lease)
        let runs = destination.table("runs")
        try connection.transaction {
            try connection.execute(
                """
                UPDATE \(runs) SET status = 'interrupted', finished_at = clock_timestamp()
                WHERE tenant_id = $1 AND job_name = $2 AND status = 'running' AND run_id <> $3
                """,
                [destination.tenant, destination.job, run.runID]
            )
            try connection.execute(
                """
                INSERT INTO \(runs) (run_id, tenant_id, job_name, status, attempt, reasons,
                    as_of_on, due_at, started_at)
                VALUES ($1, $2, $3, 'running', $4, $5, $6, $7, clock_timestamp())
                ON CONFLICT (tenant_id, run_id) DO UPDATE SET
                    status = 'running', attempt = excluded.attempt, finished_at = NULL,
                    error_code = NULL, error_message = NULL, error_cause = NULL, error_fix = NULL
                """,
                [
                    run.runID, destination.tenant, destination.job, String(run.attempt),
                    arrayParameter(run.reasons), run.asOf?.description, run.dueAt?.stamp,
                ]
            )
            try lease.demand(for: destination, on: connection)
        }
        return ledger
    }

    /// Closes the run when nothing was published; the publication closes a run that did.
    ///
    /// An attempt whose supervisor was killed may still be here when the next one has begun; then
    /// the row is no longer its own, and stays as it is.
    package func close(
        _ end: RunEnd,
        figures: RunFigures,
        publication: Int? = nil,
        error: ProblemReport? = nil,
        on connection: Connection
    ) throws {
        try connection.transaction {
            guard try lease.isNewest(for: destination, on: connection) else { return }
            try finish(end, figures, publication: publication, error: error, on: connection)
        }
    }

    /// Writes how the run ended inside the caller's transaction.
    func finish(
        _ end: RunEnd,
        _ figures: RunFigures,
        publication: Int?,
        error: ProblemReport?,
        on connection: Connection
    ) throws {
        func text(_ number: Int?) -> String? { number.map { String($0) } }
        let account = figures.account
        try connection.execute(
            """
            UPDATE \(destination.table("runs")) SET
                status = $2, finished_at = clock_timestamp(), publication_number = $3,
                as_of_on = coalesce($4, as_of_on), rows_read = $5, rows_accepted = $6,
                rows_rejected = $7, rows_after_as_of = $8, newest_purchase_on = $9,
                purchases = $10, customers = $11, peak_memory_bytes = $12,
                error_code = $13, error_message = $14, error_cause = $15, error_fix = $16
            WHERE run_id = $1 AND tenant_id = $17 AND status = 'running'
            """,
            [
                run.runID, end.rawValue, text(publication), figures.asOf?.description,
                text(account?.read), text(account?.accepted), text(account?.rejected),
                text(account?.afterAsOf), figures.newestPurchaseOn?.description,
                text(figures.purchases), text(figures.customers), text(figures.peakMemoryBytes),
                error?.code, error.map { storable($0.message) }, error?.cause.map(storable),
                error?.fix.map(storable), destination.tenant,
            ]
        )
        try writeRejected(account?.kept ?? [], on: connection)
    }

    /// By INSERT and not by COPY, which row-level security refuses.
    private func writeRejected(_ rows: [RejectedRow], on connection: Connection) throws {
        var rest = rows[...]
        while !rest.isEmpty {
            let some = rest.prefix(1000)
            rest = rest.dropFirst(1000)
            try connection.execute(
                """
                INSERT INTO \(destination.table("rejected_rows"))
                SELECT $1, number, $2, $3, string_to_array(reasons, ' '), raw, now()
                FROM unnest($4::bigint[], $5::text[], $6::text[]) AS r (number, reasons, raw)
                ON CONFLICT (tenant_id, run_id, row_number) DO NOTHING
                """,
                [
                    run.runID, destination.tenant, destination.job,
                    arrayParameter(some.map { String($0.rowNumber) }),
                    arrayParameter(
                        some.map { $0.reasons.map(\.rawValue).joined(separator: " ") }
                    ),
                    arrayParameter(some.map { storable($0.raw) }),
                ]
            )
        }
    }
}

/// A text that Postgres takes: without NUL characters, and of a length that somebody reads.
func storable(_ text: String) -> String {
    let longest = 4000
    var scalars = String.UnicodeScalarView()
    for (count, scalar) in text.unicodeScalars.enumerated() {
        guard count < longest else {
            scalars.append("…")
            break
        }
        scalars.append(scalar == "\0" ? "\u{FFFD}" : scalar)
    }
    return String(scalars)
}

extension Instant {
    /// To the microsecond, as Postgres keeps it.
    var stamp: String {
        let fraction = microseconds - seconds * 1_000_000
        return wholeSeconds.dropLast() + ".\(padded(Int(fraction), 6))Z"
    }
}
