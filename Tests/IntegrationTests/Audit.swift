import ControlAPI
import Domain
import FileSystem
import ModelStore
import Postgres
import TestSupport
import Testing

extension Site {
    func query(_ sql: String) throws -> [[String]] {
        let rows = try database.connect().execute(sql)
        return (0..<rows.count).map { row in
            (0..<rows.columnCount).map { rows[row, $0] ?? "" }
        }
    }

    /// The as-of days of the forecast that readers see.
    func published() throws -> [String] {
        try query("SELECT DISTINCT as_of_on FROM clv.customers ORDER BY 1").map { $0[0] }
    }

    /// What must hold whenever nothing goes on, whatever was killed before.
    func expectAllInOrder(
        readBy reader: ForecastReader? = nil,
        models: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let runs = try runs()
        let places = Comment(rawValue: logTail)
        #expect(runs.allSatisfy { $0.state.isOver }, places, sourceLocation: location)
        try expectLedgers(of: runs, location)
        try expectStore(models ?? self.models, location)
        guard let reader else { return }
        let known = try reader.publications()
        let foreign = Set(reader.answers.keys).subtracting(known)
        #expect(foreign.isEmpty, "readers saw what was never published", sourceLocation: location)
        #expect(reader.gaps == 0, "readers saw nothing at all", sourceLocation: location)
        #expect(!reader.answers.isEmpty, "nobody read", sourceLocation: location)
    }

    /// The database tells of the same runs, and of one publication for each that succeeded.
    private func expectLedgers(of runs: [Run], _ location: SourceLocation) throws {
        let told = try query("SELECT run_id, status FROM clv.runs ORDER BY run_id")
        let statuses = Dictionary(told.map { ($0[0], $0[1]) }) { first, _ in first }
        for run in runs {
            // A run that never came to the database has no row there.
            guard let status = statuses[run.runID] else {
                #expect(run.state != .succeeded, "\(run) has no row", sourceLocation: location)
                continue
            }
            #expect(status == run.state.rawValue, "\(run)", sourceLocation: location)
        }
        #expect(
            Set(statuses.keys).isSubset(of: runs.map(\.runID)),
            "a run is lost",
            sourceLocation: location
        )
        let published = try query("SELECT run_id FROM clv.publications ORDER BY run_id")
        let succeeded = runs.filter { $0.state == .succeeded }.map { [$0.runID] }
        #expect(published == succeeded.sorted { $0[0] < $1[0] }, sourceLocation: location)
        let doubled = try query(
            "SELECT due_at FROM clv.publications WHERE due_at IS NOT NULL GROUP BY 1 "
                + "HAVING count(*) > 1"
        )
        #expect(doubled == [], "one due time, two publications", sourceLocation: location)
        let tables = try query(
            """
            SELECT relname FROM pg_class
            WHERE relkind = 'r' AND relname ~ '^customer_predictions_[0-9]+$' EXCEPT
            SELECT 'customer_predictions_' || publication_number FROM clv.publications
            WHERE removed_at IS NULL
            """
        )
        #expect(tables == [], "tables of no publication", sourceLocation: location)
    }

    /// Every version outside the quarantine verifies, and nothing lies about half written.
    private func expectStore(_ models: String, _ location: SourceLocation) throws {
        let store = ModelStore(root: models)
        let versions = try store.versionNames(tenant: "acme", job: "monthly")
        for version in versions {
            let loaded = try store.load(tenant: "acme", job: "monthly", version: version)
            #expect(!loaded.models.isEmpty, sourceLocation: location)
        }
        let champion = try store.championName(tenant: "acme", job: "monthly")
        #expect(champion.map(versions.contains) ?? versions.isEmpty, sourceLocation: location)
        let names = try FileSystem.names(in: models + "/acme/monthly")
        let strangers = Set(names).subtracting(versions + ["champion", "quarantine"])
        #expect(strangers.isEmpty, "left in the store", sourceLocation: location)
    }
}
