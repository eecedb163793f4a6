import ControlAPI
import Domain
import Glibc
import Postgres
import TestSupport
import Testing

extension Site {
    /// Ends every session of this job's workers, as an administrator can.
    func terminateSessions() throws {
        _ = try query(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'clvd:acme/%' AND datname = current_database()
            """
        )
    }

    /// Leaves no page free where the database is.
    func fillTablespace() throws {
        _ = try query("CREATE TABLE ballast (pages bytea)")
        _ = try query("ALTER TABLE ballast ALTER pages SET STORAGE EXTERNAL")
        for size in [1 << 20, 1 << 16, 1 << 13] {
            let insert = "INSERT INTO ballast VALUES (decode(repeat('00', \(size)), 'hex'))"
            while (try? query(insert)) != nil {}
        }
    }

    /// Does something while the worker stands still.
    func whilePaused(_ work: () throws -> Void) throws {
        guard let worker else { throw Surprise("no worker to pause\n\(logTail)") }
        Glibc.kill(worker, SIGSTOP)
        defer { Glibc.kill(worker, SIGCONT) }
        try waitFor("the worker to stand still") {
            Processes.state(of: worker) == "T" ? true : nil
        }
        try work()
    }

    /// Lets the lease end: by its own time, or, because that takes a minute, by moving its end.
    func endLease(byWaiting: Bool) throws {
        let held = "SELECT 1 FROM clv.leases WHERE expires_at > clock_timestamp()"
        if byWaiting {
            try waitFor("the end of the lease", seconds: 90) {
                try query(held).isEmpty ? true : nil
            }
        } else {
            _ = try query("UPDATE clv.leases SET expires_at = clock_timestamp()")
        }
    }

    /// Sees a run to its good end without waiting for the time of its next attempt.
    func hurry(_ id: String, asOf day: String) throws {
        try waitFor("the good end of run \(id)", seconds: 120, context: { logTail }) {
            let run = try run(id)
            if run.state == .succeeded { return true }
            guard !run.state.isOver else { throw Surprise("\(run)\n\(logTail)") }
            // The next attempt may have begun by itself.
            if run.state == .queued, run.retryAt != nil { _ = try? self.run(asOf: day) }
            return nil
        }
    }

    /// Waits until the run for a due time is there; `count` is how many runs there are then.
    func dueRun(of count: Int) throws -> String {
        try waitFor("the run for the due time", context: { logTail }) {
            let runs = try runs()
            return runs.count == count ? runs.first { $0.dueAt != nil }?.runID : nil
        }
    }

    /// Waits for the good end of a run that nobody but the service can hurry.
    func finish(_ id: String) throws { _ = try wait(for: .succeeded, of: id, seconds: 180) }

    /// What two services on one database have published between them.
    func expectEachPublishedOnce(
        with other: Site,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let runs = try runs() + other.runs()
        #expect(runs.allSatisfy { $0.state.isOver }, sourceLocation: location)
        let published = try query("SELECT run_id FROM clv.publications").map { $0[0] }
        #expect(Set(published).count == published.count, sourceLocation: location)
        let succeeded = Set(runs.filter { $0.state == .succeeded }.map(\.runID))
        #expect(Set(published).isSubset(of: succeeded), sourceLocation: location)
        let doubled = try query(
            "SELECT 1 FROM clv.publications WHERE due_at IS NOT NULL GROUP BY due_at "
                + "HAVING count(*) > 1"
        )
        #expect(doubled == [], "one due time, two publications", sourceLocation: location)
        let statuses = try query("SELECT run_id, status FROM clv.runs")
        for row in statuses {
            let run = runs.first { $0.runID == row[0] }
            #expect(run?.state.rawValue == row[1], "\(row)", sourceLocation: location)
        }
    }
}
