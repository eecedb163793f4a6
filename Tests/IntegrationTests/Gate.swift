import Postgres
import TestSupport

/// Holds up work in the database at a known place, until it is opened or its server is killed.
final class Gate {
    /// What waits.
    enum Place {
        /// The reading of the source.
        case source
        /// A publication, when all its rows are written and nothing of them is visible.
        case publication
        /// The removal of old publications, when the new one is visible.
        case removal
    }

    private let database: TestDatabase
    private let connection: Connection

    init(_ place: Place, _ database: TestDatabase) throws {
        self.database = database
        connection = try database.connect()
        try connection.begin()
        switch place {
        case .source: try connection.execute("LOCK TABLE purchases IN ACCESS EXCLUSIVE MODE")
        case .publication:
            // Readers are not in its way.
            try connection.execute("LOCK TABLE clv.current_publications IN EXCLUSIVE MODE")
        case .removal: try connection.execute("SELECT count(*) FROM clv.customer_predictions")
        }
    }

    /// Waits until a worker stands before it.
    func waitForWorker(context: () -> String) throws {
        let observer = try database.connect()
        try waitFor("a worker at the gate", context: context) {
            let waiting = try observer.execute(
                """
                SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                    AND wait_event_type = 'Lock' AND application_name LIKE 'clvd:acme/monthly#%'
                """
            )
            return waiting.count > 0 ? true : nil
        }
    }

    func open() { connection.rollback() }
}
