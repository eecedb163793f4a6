import ControlAPI
import Domain
import TestSupport
import Testing
import WorkerContract

/// A snapshot that a run holds keeps the tenant's server from cleaning up behind its updates.
@Suite(hasPostgres, .timeLimit(.minutes(2))) struct SnapshotTests {
    /// The sessions of runs: how many there are, and how many are in a transaction.
    private func sessions(of site: Site) throws -> (all: Int, inTransaction: Int) {
        let row =
            try site.query(
                """
                SELECT count(*), count(*) FILTER (
                    WHERE xact_start IS NOT NULL OR backend_xmin IS NOT NULL OR backend_xid IS NOT NULL
                        OR state <> 'idle')
                FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'clvd:acme/monthly#%'
                """
            ).first ?? []
        return (row.first.flatMap { Int($0) } ?? -1, row.last.flatMap { Int($0) } ?? -1)
    }

    @Test("a run holds a snapshot while it reads, and none while it trains")
    func training() async throws {
        try await apart {
            let site = try Site(Shop.copy())
            try site.start()
            let gate = try Gate(.source, site.database)
            let id = try site.run(retrain: true)
            try gate.waitForWorker { site.logTail }
            #expect(try sessions(of: site).inTransaction == 1)
            gate.open()
            #expect(try site.reach(.train, of: id))
            try site.whilePaused {
                let stages = try site.run(id).stages
                #expect(stages.last { $0.state == .running }?.stage == .train)
                // The session that the run began with is still there, so there is something to see.
                let sessions = try sessions(of: site)
                #expect(sessions.all >= 1 && sessions.inTransaction == 0)
            }
            _ = try site.wait(for: .succeeded, of: id)
        }
    }
}
