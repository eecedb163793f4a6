import Configuration
import Domain
import FileSystem
import Postgres
import TestSupport
import Testing
import WorkerContract

@testable import Pipeline

let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

/// A job of a small shop, run as a worker runs it.
struct SmallShop {
    let database: TestDatabase
    let folder: TemporaryFolder
    var job: JobSettings
    var autoMigrate = true

    init() throws {
        database = try TestDatabase()
        folder = try TemporaryFolder()
        job = JobSettings(name: "monthly", timePeriod: try #require(TimePeriod("month")))
        job.horizons.append(try #require(TimePeriod("year")))
        // These shops are small, and grow by leaps.
        job.maxTotalShift = 1000
        job.maxCustomerLoss = 1
        try query("CREATE TABLE purchases (customer text, day date, amount numeric)")
        try add(300, named: "c")
    }

    @discardableResult
    func query(_ sql: String) throws -> [[String?]] {
        let rows = try database.connect().execute(sql)
        return (0..<rows.count).map { row in (0..<rows.columnCount).map { rows[row, $0] } }
    }

    /// Customers with one to seven purchases over twenty months, many of them tied.
    func add(_ customers: Int, named name: String, days: Int = 600, factor: Int = 1) throws {
        try query(
            """
            INSERT INTO purchases
            SELECT '\(name)' || c, date '2024-08-30' - (c * 7919 + k * k * 31 + k * c * 13) % \(days),
                (10 + (c * 37 + k * 11) % 90) * \(factor)
            FROM generate_series(1, \(customers)) AS c, generate_series(1, 7) AS k
            WHERE k <= 1 + c % 7
            """
        )
    }

    @discardableResult
    func run(
        _ id: String,
        retrain: Bool = false,
        asOf: String = "2024-08-31"
    ) throws -> RunResult {
        let connection = database.settings()
        var destination = DestinationSettings(connection: connection)
        destination.autoMigrate = autoMigrate
        let tenant = TenantSettings(
            name: "acme",
            timeZone: "UTC",
            currency: nil,
            source: SourceSettings(
                connection: connection,
                query: "SELECT customer, day, amount FROM purchases",
                columns: .init(customer: "customer", time: "day", amount: "amount", order: nil)
            ),
            destination: destination,
            jobs: [job],
            origin: "acme.toml:1"
        )
        let settings = RunSettings(tenant: tenant, job: job)
        let plan = Plan(
            runID: id,
            tenant: "acme",
            job: job.name,
            asOf: Day(asOf),
            retrain: retrain,
            store: folder.path + "/store",
            work: .run(settings)
        )
        var events = try NewFile("\(folder.path)/\(id).events", mode: 0o600)
        var stream = EventStream(descriptor: events.descriptor, runID: id, clock: .system)
        let result = try JobRun(plan, settings).run(&stream)
        try events.commit()
        return result
    }

    /// What a run that succeeded has told.
    func events(of id: String) throws -> String {
        String(decoding: try FileSystem.read("\(folder.path)/\(id).events"), as: UTF8.self)
    }

    /// What the first customers are told to be, at every horizon.
    func standing() throws -> [[String?]] {
        try query(
            """
            SELECT customer_id, horizon_days, rfm_recency_score, rfm_frequency_score,
                rfm_monetary_score, rfm_score, segment, clv_level, mismatch
            FROM clv.customer_predictions WHERE customer_id LIKE 'c%' ORDER BY 1, 2
            """
        )
    }
}
