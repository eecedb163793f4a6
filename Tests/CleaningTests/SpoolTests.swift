import Cleaning
import Configuration
import Domain
import Ingestion
import Postgres
import TestSupport
import Testing

@Suite(
    .enabled(if: PrivateCluster.isInstalled, Comment(rawValue: PrivateCluster.absence)),
    .timeLimit(.minutes(2))
)
struct SpoolTests {
    /// Customers in no order, spoilt rows of every kind, returns, duplicates and channels.
    private let query = """
        SELECT CASE WHEN n % 97 = 0 THEN NULL WHEN n % 89 = 0 THEN repeat('x', 2000)
                ELSE 'c' || md5((n % 331)::text) END AS customer,
            CASE WHEN n % 83 = 0 THEN 'soon' WHEN n % 79 = 0 THEN NULL
                ELSE (date '2024-01-01' + n * 7919 % 500)::text END AS day,
            CASE WHEN n % 73 = 0 THEN 'much' WHEN n % 11 = 0 THEN '-3'
                ELSE (n * 31 % 1000)::text END AS amount,
            CASE WHEN n % 5 = 0 THEN (n / 50)::text END AS "order",
            (ARRAY['web', 'shop', NULL, 'phone'])[1 + n % 4] AS channel
        FROM (SELECT n FROM generate_series(1, 6000) AS n UNION ALL
            SELECT n FROM generate_series(1, 6000, 10) AS n) AS rows
        """

    private func clean(
        _ spooling: Spooling?,
        order: Bool = true,
        kept: Int = 100
    ) throws -> (CleanedPurchases, parts: Int) {
        let source = PostgresSource(
            query: query,
            columns: ColumnSettings(
                customer: "customer",
                time: "day",
                amount: "amount",
                order: order ? "order" : nil,
                covariates: ["channel"]
            ),
            timeZone: "UTC",
            originalsKept: 70,
            spooling: spooling,
            zoneDay: { $0.utcDay }
        )
        let asOf = try #require(Day("2025-03-31"))
        var cleaning = CleaningInParts(
            by: CleaningRules(asOf: asOf, today: asOf, rejectedRowsKept: kept)
        )
        let rows = try source.read(from: TestDatabase().connect())
        #expect(rows.count == 6600)
        var parts = 0
        try rows.forEachPart { part in
            cleaning.add(part)
            parts += 1
        }
        return (try cleaning.finish(), parts)
    }

    @Test(
        "rows that went through the disk are the rows that stayed in memory",
        arguments: [true, false]
    )
    func sameOutcome(order: Bool) throws {
        let (whole, one) = try clean(nil, order: order)
        #expect(one == 1)
        #expect(whole.account.rejected > 500 && whole.ledger.purchaseDays > 3000)
        for memory in [2000, 60_000, 300_000] {
            let (spooled, parts) = try clean(Spooling(memoryLimit: memory), order: order)
            #expect(parts > 1)
            let (one, other) = (whole.ledger, spooled.ledger)
            #expect(one.customers.bytes == other.customers.bytes)
            #expect(one.customers.offsets == other.customers.offsets)
            #expect(one.offsets == other.offsets && one.day == other.day)
            #expect(abs(one.returned - other.returned) <= 1e-12 * one.returned)
            #expect(one.amount == other.amount && one.asOf == other.asOf)
            #expect(one.firstGroups == other.firstGroups)
            #expect(whole.account.kept == spooled.account.kept)
            #expect(whole.account.reasons == spooled.account.reasons)
            let counts = [whole, spooled].map(\.account).map {
                [$0.read, $0.accepted, $0.rejected, $0.afterAsOf]
            }
            #expect(counts[0] == counts[1])
        }
    }

    @Test("rows stay in memory while the limit allows, and a folder that cannot be used is named")
    func limits() throws {
        #expect(try clean(Spooling(memoryLimit: 6 * 33 * 8000)).parts == 1)
        let error = #expect(throws: IngestionError.self) {
            try clean(Spooling(memoryLimit: 1000, folder: "/proc"))
        }
        #expect(error?.code == "spool_failed")
        #expect(error?.message == "could not put rows aside in \"/proc\"")
        #expect(error?.fix?.contains("memory_limit") == true)
    }
}
