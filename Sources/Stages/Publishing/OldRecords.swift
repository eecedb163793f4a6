package import Domain
import Postgres

/// What the small tables remember of a job for longer than anybody asked for.
package enum OldRecords {
    private static let batch = 1000

    /// Deletes rejected rows of old runs, records of publications whose rows went long ago, and old
    /// runs that published none of those that are left; gives what went wrong.
    ///
    /// A batch is a transaction of its own, so that no lock is held for long. The records of a
    /// publication take its realised metrics with them.
    package static func remove(
        historyDays: Int,
        rejectedDays: Int,
        patience seconds: Int = 20,
        in destination: Destination
    ) -> [ProblemReport] {
        let steps = [
            (rejectedRows(in: destination), rejectedDays),
            (publications(in: destination), historyDays), (runs(in: destination), historyDays),
        ]
        do {
            let connection = try destination.connect()
            connection.limits.statementSeconds = seconds
            for (statement, days) in steps {
                var removed = batch
                while removed == batch {
                    removed = try connection.transaction {
                        try connection.execute(
                            statement,
                            [destination.tenant, destination.job, String(days), String(batch)]
                        ).affected
                    }
                }
            }
            return []
        } catch let problem as any Problem {
            return [problem.report]
        } catch {
            return [ProblemReport(code: "removal_failed", message: "\(error)")]
        }
    }

    /// Found by their runs, which have an index by time.
    private static func rejectedRows(in destination: Destination) -> String {
        let table = destination.table("rejected_rows")
        return """
            DELETE FROM \(table) WHERE ctid = ANY (ARRAY (
                SELECT x.ctid FROM \(destination.table("runs")) AS r
                    JOIN \(table) AS x USING (tenant_id, run_id)
                WHERE r.tenant_id = $1 AND r.job_name = $2
                    AND r.started_at < now() - make_interval(days => $3) LIMIT $4))
            """
    }

    private static func publications(in destination: Destination) -> String {
        let table = destination.table("publications")
        return """
            DELETE FROM \(table) WHERE ctid = ANY (ARRAY (
                SELECT ctid FROM \(table) WHERE tenant_id = $1 AND job_name = $2
                    AND removed_at < now() - make_interval(days => $3) LIMIT $4))
            """
    }

    private static func runs(in destination: Destination) -> String {
        let table = destination.table("runs")
        return """
            DELETE FROM \(table) WHERE ctid = ANY (ARRAY (
                SELECT r.ctid FROM \(table) AS r WHERE tenant_id = $1 AND job_name = $2
                    AND started_at < now() - make_interval(days => $3) AND status <> 'running'
                    AND NOT EXISTS (
                        SELECT FROM \(destination.table("publications")) AS p
                        WHERE p.tenant_id = r.tenant_id AND p.run_id = r.run_id)
                LIMIT $4))
            """
    }
}
