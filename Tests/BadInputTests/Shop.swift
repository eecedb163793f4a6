import Configuration
import Domain
import FileSystem
import Glibc
import Postgres
import TestSupport
import Testing
import WorkerContract

/// A database with a small shop, and runs of the real worker on it.
final class Shop: Sendable {
    /// For tests that do not change it; every run has a job of its own.
    static let shared = Result { try Shop() }

    let database: TestDatabase
    let folder: TemporaryFolder
    /// May log in, and nothing else.
    let stranger: String
    /// Has to give the password "right".
    let guarded: String
    /// Logs in as the operating system's user of the same name, whom there is not.
    let peer: String

    init() throws {
        database = try TestDatabase()
        folder = try TemporaryFolder()
        try FileSystem.replace(folder.path + "/wrong", with: Array("wrong\n".utf8))
        stranger = try database.role("stranger")
        guarded = try database.role(
            "guarded",
            options: "PASSWORD 'right' IN ROLE \(PrivateCluster.passwordGroup)"
        )
        peer = try database.role("peer", options: "IN ROLE \(PrivateCluster.peerGroup)")
        let connection = try database.connect()
        try connection.executeScript(
            """
            CREATE TABLE shop (c text, t date, a numeric);
            INSERT INTO shop SELECT 'u' || g % 40, date '2024-01-01' + g * 7 % 300, 10 + g % 9
                FROM generate_series(0, 399) AS g;
            CREATE TABLE bare (LIKE shop);
            """
        )
        // So that runs at the same time need not wait for one another to migrate.
        let plan = self.plan("select c, t, a from shop")
        let ending = try Programs.work(on: plan)
        guard ending.code == 0 else { throw Surprise("\(ending)") }
    }

    /// A run of a new job over a query.
    func plan(
        _ query: String,
        job name: String = "j\(UInt32.random(in: 0 ... .max))",
        source: ConnectionSettings? = nil,
        adjust: (inout RunSettings) -> Void = { _ in }
    ) -> Plan {
        let connection = database.settings()
        let columns = ColumnSettings(customer: "c", time: "t", amount: "a", order: nil)
        guard let month = TimePeriod("month") else { preconditionFailure("a month is known") }
        var destination = DestinationSettings(connection: connection)
        destination.autoMigrate = true
        let tenant = TenantSettings(
            name: "shop",
            timeZone: "Europe/Berlin",
            currency: "EUR",
            source: .init(connection: source ?? connection, query: query, columns: columns),
            destination: destination,
            jobs: [],
            origin: "test"
        )
        var settings = RunSettings(tenant: tenant, job: .init(name: name, timePeriod: month))
        adjust(&settings)
        return Plan(
            runID: "run-\(name)",
            tenant: "shop",
            job: name,
            reasons: ["by_hand"],
            store: folder.path + "/store",
            work: .run(settings)
        )
    }

    func rows(_ sql: String, _ parameters: [String] = []) throws -> [[String?]] {
        let rows = try database.connect().execute(sql, parameters)
        return (0..<rows.count).map { row in (0..<rows.columns.count).map { rows[row, $0] } }
    }

    /// Nothing of a failed run is left but its row in `runs`, which tells the same as its last event.
    func expectTrace(of plan: Plan, _ error: ProblemReport) throws {
        let run = try rows(
            """
            SELECT status, error_code, error_message, error_cause, error_fix,
                publication_number::text, (finished_at >= started_at)::text
            FROM clv.runs WHERE run_id = $1
            """,
            [plan.runID]
        )
        #expect(
            run == [["failed", error.code, error.message, error.cause, error.fix, nil, "true"]]
        )
        try expectNothingOpen(of: plan)
        let versions = "\(plan.store)/\(plan.tenant)/\(plan.job)"
        #expect(try FileSystem.names(in: versions).allSatisfy { !$0.hasSuffix(".tmp") })
    }

    /// No session, no lease and no table of rows that nobody reads.
    func expectNothingOpen(of plan: Plan) throws {
        let sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '%' || $1"
        // A busy server sees a moment later than the client that the connection is closed.
        for _ in 0..<100 where try rows(sessions, [plan.runID]) != [] { usleep(50_000) }
        #expect(try rows(sessions, [plan.runID]) == [])
        let leases = "SELECT 1 FROM clv.leases WHERE job_name = $1 AND expires_at > now()"
        #expect(try rows(leases, [plan.job]) == [])
        #expect(
            try rows("SELECT 1 FROM clv.publications WHERE job_name = $1", [plan.job]) == []
        )
    }

    /// Tables of publications that no row of `publications` knows.
    func orphans() throws -> [[String?]] {
        try rows(
            """
            SELECT relname::text FROM pg_class AS c
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE nspname = 'clv' AND relkind = 'r' AND relname ~ '_predictions_[0-9]+$'
                AND substring(relname FROM '[0-9]+$')::bigint
                    NOT IN (SELECT publication_number FROM clv.publications)
            """
        )
    }
}
