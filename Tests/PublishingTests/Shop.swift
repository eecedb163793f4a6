import Domain
import Postgres
import Publishing
import TestSupport
import Testing

/// A database with a migrated schema, and forecasts to publish into it.
struct Shop {
    static let day = Day(number: 20_000)
    let database: TestDatabase
    let destination: Destination

    init(
        schema: String = "clv",
        tenant: String = "acme",
        job: String = "monthly",
        in cluster: PrivateCluster? = nil
    ) throws {
        let database = try TestDatabase(in: cluster)
        self.database = database
        destination = try Destination(schema: schema, tenant: tenant, job: job) {
            try database.connect()
        }
        _ = try Migrations.migrate(schema, on: database.connect())
    }

    /// The shop of another process.
    init(existing name: String, at directory: String) throws {
        let database = TestDatabase(existing: name, at: directory)
        self.database = database
        destination = try Destination(schema: "clv", tenant: "acme", job: "monthly") {
            try database.connect()
        }
    }

    init(_ database: TestDatabase, _ destination: Destination) {
        self.database = database
        self.destination = destination
    }

    /// The same schema for another tenant or job.
    func sibling(tenant: String = "acme", job: String) throws -> Shop {
        let database = database
        return Shop(
            database,
            try Destination(schema: destination.schema, tenant: tenant, job: job) {
                try database.connect()
            }
        )
    }

    static func header(
        maxTotalShift: Double? = nil,
        maxCustomerLoss: Double? = nil,
        asOf: Day = day,
        modelVersion: String = "v1"
    ) throws -> PublicationHeader {
        PublicationHeader(
            asOf: asOf,
            timePeriod: try #require(TimePeriod("month")),
            currency: "EUR",
            model: "bg_nbd+gamma_gamma",
            modelVersion: modelVersion,
            maxTotalShift: maxTotalShift,
            maxCustomerLoss: maxCustomerLoss
        )
    }

    func query(_ sql: String) throws -> [[String?]] {
        let rows = try database.connect().execute(sql)
        return (0..<rows.count).map { row in (0..<rows.columnCount).map { rows[row, $0] } }
    }
}

/// Ids `c0000000`..., in the order of their bytes.
func numberedCustomers(_ count: Int) -> StringPool {
    var pool = StringPool()
    for number in 0..<count { _ = pool.append("c" + padded(number, 7)) }
    return pool
}

/// Forecasts that depend on the customer and the horizon, and on nothing else but `scale`.
func forecast(_ range: Range<Int>, horizon: Int, scale: Double = 1) -> ForecastBatch {
    var batch = ForecastBatch(customers: range, horizonDays: horizon)
    func fill(_ field: ForecastField, _ value: (Double) -> Double) {
        batch[field] = range.map { value(Double($0)) }
    }
    let days = Double(horizon)
    fill(.customerGroup) { $0.truncatingRemainder(dividingBy: 2) }
    fill(.returnProbability) { 1 / (2 + $0) }
    fill(.pAlive) { 1 / (1.5 + $0) }
    fill(.expectedPurchases) { days / (30 + $0.truncatingRemainder(dividingBy: 97)) }
    fill(.expectedAverageSpend) { 20.125 + $0.truncatingRemainder(dividingBy: 1013) / 7 }
    fill(.expectedSpend) { scale * days * (1 + $0.truncatingRemainder(dividingBy: 1013)) / 11 }
    fill(.expectedValue) { scale * days * (1 + $0.truncatingRemainder(dividingBy: 1013)) / 13 }
    fill(.historicSpend) { $0 * 1.01 }
    fill(.totalCLV) { $0 * 1.02 }
    fill(.clvPercentile) { ($0 / 10).truncatingRemainder(dividingBy: 100) }
    fill(.rfmRecencyScore) { 1 + $0.truncatingRemainder(dividingBy: 5) }
    fill(.clvLevel) { $0.truncatingRemainder(dividingBy: 4) }
    batch[.nextPurchaseOn] = range.map { $0 % 3 == 0 ? .nan : Double(20_000 + $0 % 300) }
    return batch
}

extension Shop {
    func lease(_ holder: String, seconds: Int = 60) throws -> Lease {
        try Lease.acquire(
            for: destination,
            holder: holder,
            seconds: seconds,
            on: destination.connect()
        )
    }

    func open(_ run: RunRecord, under lease: Lease) throws -> RunLedger {
        try RunLedger.open(run, in: destination, under: lease, on: destination.connect())
    }

    /// One whole run, as the pipeline makes it.
    @discardableResult
    func publish(
        _ run: RunRecord,
        customers: StringPool,
        horizons: [Int] = [30],
        scale: Double = 1,
        models: [ModelRecord] = [],
        asOf: Day = Shop.day,
        modelVersion: String = "v1",
        actual: Ledger? = nil
    ) throws -> Publication.Receipt? {
        let lease = try lease(run.runID)
        defer { try? lease.release(for: destination, on: destination.connect()) }
        let connection = try destination.connect()
        if try PastPublication.made(for: run, in: destination, on: connection) != nil { return nil }
        let ledger = try open(run, under: lease)
        let publication = try Publication.begin(
            Shop.header(asOf: asOf, modelVersion: modelVersion),
            of: ledger,
            under: lease
        )
        var first = 0
        while first < customers.count {
            let range = first..<min(first + 4096, customers.count)
            try publication.add(
                horizons.map { forecast(range, horizon: $0, scale: scale) },
                customers: customers
            )
            first = range.upperBound
        }
        return try publication.finish(
            totals: [someTotal],
            newcomers: [
                NewcomerPeriod(
                    start: Day(number: 20_000),
                    days: 30,
                    customers: Ranged(3.5, low: 1, high: 7),
                    purchases: Ranged(4.5, low: 2, high: 8),
                    spend: nil
                )
            ],
            actual: actual,
            models: models,
            figures: RunFigures()
        )
    }
}

extension Publication {
    /// Encodes and sends, as the pipeline does on several threads.
    func add(_ batches: [ForecastBatch], customers: StringPool) throws {
        _ = try append(encoder.encode(batches, customers: customers), customers: customers)
    }
}

/// What a forecast adds up to where a test does not care.
let someTotal = ForecastTotal(horizonDays: 30, group: .all, purchases: Ranged(1.5))
