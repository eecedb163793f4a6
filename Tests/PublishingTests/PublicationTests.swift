import Domain
import Glibc
import Postgres
import Publishing
import TestSupport
import Testing

let hasPostgres = ConditionTrait.enabled(
    if: PrivateCluster.isInstalled,
    Comment(rawValue: PrivateCluster.absence)
)

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct PublicationTests {
    @Test("the first publication is what the views show")
    func first() throws {
        let shop = try Shop()
        let pool = numberedCustomers(5000)
        let receipt = try #require(
            try shop.publish(RunRecord(runID: "r-1"), customers: pool, horizons: [365, 30])
        )
        #expect(receipt.rows == 10_000 && receipt.changedRows == 10_000)
        #expect(receipt.customers == 5000)
        let rows = try shop.query(
            """
            SELECT tenant_id, job_name, customer_id, horizon_days, customer_group,
                expected_average_spend, next_purchase_on, expected_purchases_low, clv_level,
                rfm_recency_score, return_probability, model_version
            FROM clv.customer_predictions WHERE customer_id = 'c0000004' ORDER BY horizon_days
            """
        )
        #expect(
            rows.first == [
                "acme", "monthly", "c0000004", "30", "repeater", "20.6964", "2024-10-08", nil,
                "Low", "5", "0.166667", "v1",
            ]
        )
        #expect(rows.count == 2)
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["5000"]])
        let totals = "SELECT horizon_days, customer_group, expected_purchases, expected_spend"
        #expect(
            try shop.query("\(totals) FROM clv.total_predictions") == [["30", "all", "1.5", nil]]
        )
        let newcomers =
            "SELECT period_start_on, new_customers, new_customers_low, purchases_high, spend"
        #expect(
            try shop.query("\(newcomers) FROM clv.newcomer_predictions")
                == [["2024-10-04", "3.5", "1", "8", nil]]
        )
    }

    @Test(
        "row hashes are the same on every machine, because stored ones are compared with new ones"
    )
    func stableHashes() throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(2))
        let hashes = "SELECT row_hash FROM clv.customer_predictions_all ORDER BY customer_id"
        let stored = try shop.query(hashes)
        #expect(stored == [["-5871446357872492003"], ["-8894190086080372824"]])
    }

    @Test("changed_at moves only when a published value does")
    func changes() throws {
        let shop = try Shop()
        let pool = numberedCustomers(3000)
        let stamps = """
            SELECT count(DISTINCT changed_at), min(changed_at), max(changed_at)
            FROM clv.customer_predictions
            """
        try shop.publish(RunRecord(runID: "1"), customers: pool, horizons: [30, 90])
        let before = try shop.query(stamps)
        #expect(before[0][0] == "1")

        let same = try shop.publish(RunRecord(runID: "2"), customers: pool, horizons: [90, 30])
        #expect(same?.changedRows == 0)
        #expect(try shop.query(stamps) == before)

        // A new fit that comes to the same figures: the rows show its version and have not changed.
        let refitted = try shop.publish(
            RunRecord(runID: "2b"),
            customers: pool,
            horizons: [30, 90],
            modelVersion: "v2"
        )
        #expect(refitted?.changedRows == 0)
        #expect(try shop.query(stamps) == before)
        let versions = "SELECT DISTINCT model_version FROM clv.customer_predictions"
        #expect(try shop.query(versions) == [["v2"]])

        // Less than the published scale shows.
        let close = try shop.publish(
            RunRecord(runID: "3"),
            customers: pool,
            horizons: [30, 90],
            scale: 1 + 1e-12
        )
        #expect(close?.changedRows == 0)

        // More customers and one horizon more: only what is new is a change.
        let more = try shop.publish(
            RunRecord(runID: "4"),
            customers: numberedCustomers(3100),
            horizons: [30, 60, 90]
        )
        #expect(more?.changedRows == 3100 + 2 * 100)
        let old = try #require(before[0][1])
        let kept = "SELECT count(*) FROM clv.customer_predictions WHERE changed_at = '\(old)'"
        #expect(try shop.query(kept) == [["6000"]])

        let fewer = try shop.publish(
            RunRecord(runID: "5"),
            customers: numberedCustomers(3050),
            horizons: [60, 90]
        )
        #expect(fewer?.changedRows == 0)

        let scaled = try shop.publish(
            RunRecord(runID: "6"),
            customers: numberedCustomers(10),
            scale: 2
        )
        #expect(scaled?.changedRows == 10)
        let ledger = "SELECT changed_row_count FROM clv.publications ORDER BY 1"
        #expect(try shop.query(ledger) == [["0"], ["0"], ["0"], ["0"], ["10"], ["3300"], ["6000"]])
    }

    @Test("a run that has published, and another for the same due time, change nothing")
    func replays() throws {
        let shop = try Shop()
        let pool = numberedCustomers(10)
        let due = Instant(seconds: 1_700_000_000)
        #expect(try shop.publish(RunRecord(runID: "1", dueAt: due), customers: pool) != nil)
        #expect(try shop.publish(RunRecord(runID: "1", dueAt: due), customers: pool) == nil)
        #expect(try shop.publish(RunRecord(runID: "2", dueAt: due), customers: pool) == nil)
        #expect(try shop.query("SELECT count(*) FROM clv.publications") == [["1"]])
        let past = try #require(
            try PastPublication.made(
                for: RunRecord(runID: "2", dueAt: due),
                in: shop.destination,
                on: shop.database.connect()
            )
        )
        #expect(past.number == 1 && past.runID == "1" && past.figures.asOf == Shop.day)
        #expect(past.figures.customers == 10 && past.totals.map(\.expectedPurchases) == [1.5])
        // Runs by hand serve no due time, and each publishes.
        #expect(try shop.publish(RunRecord(runID: "3"), customers: pool) != nil)
        #expect(try shop.publish(RunRecord(runID: "4"), customers: pool) != nil)
        let other = try shop.sibling(job: "weekly")
        #expect(try other.publish(RunRecord(runID: "5", dueAt: due), customers: pool) != nil)
    }

    @Test("a reader sees the whole old forecast or the whole new one, also in a long transaction")
    func snapshots() throws {
        let shop = try Shop()
        let sum = "SELECT count(*), sum(expected_spend) FROM clv.customer_predictions"
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(2000))
        let reader = try shop.database.connect()
        let fresh = try shop.database.connect()
        try reader.begin(.readOnlySnapshot)
        let old = try reader.execute(sum)[0, 1]
        try shop.publish(RunRecord(runID: "2"), customers: numberedCustomers(3000), scale: 3)
        #expect(try reader.execute(sum)[0, 0] == "2000")
        #expect(try reader.execute(sum)[0, 1] == old)
        #expect(try fresh.execute(sum)[0, 0] == "3000")
        reader.rollback()
        #expect(try reader.execute(sum)[0, 0] == "3000")
    }

    @Test("readers are not held up by a publication that is attached and not yet committed")
    func readersGoOn() throws {
        let shop = try Shop()
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(100))
        // Holding the lease's row stops the publisher at its last step.
        let gate = try shop.database.connect()
        let lease = try shop.lease("2")
        let ledger = try shop.open(RunRecord(runID: "2"), under: lease)
        let publication = try Publication.begin(
            Shop.header(),
            of: ledger,
            under: lease
        )
        try gate.begin()
        try gate.execute("SELECT 1 FROM clv.leases FOR UPDATE")
        let box = Handover(publication)
        let publisher = InThread {
            let pool = numberedCustomers(200)
            let publication = box.take()
            try publication.add([forecast(0..<200, horizon: 30)], customers: pool)
            return try publication.finish(totals: [someTotal], models: [], figures: RunFigures())
        }
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while try shop.query(waits) == [["0"]], publisher.isRunning { usleep(20_000) }
        #expect(publisher.isRunning)
        let start = ContinuousClock.now
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["100"]])
        #expect(ContinuousClock.now - start < .seconds(2))
        gate.rollback()
        #expect(try publisher.value().rows == 200)
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["200"]])
    }

    /// A server of its own: changes by other tests make the server renew plans, as below.
    @Test("a plan that is older than the publication finds the whole forecast before it")
    func oldPlans() throws {
        let cluster = try PrivateCluster()
        let shop = try Shop(in: cluster)
        try shop.publish(RunRecord(runID: "1"), customers: numberedCustomers(100))
        let reader = try shop.database.connect()
        try reader.begin()
        try reader.executeScript(
            """
            PREPARE rows AS SELECT count(*) FROM clv.customer_predictions;
            PREPARE totals AS SELECT count(*) FROM clv.total_predictions;
            PREPARE customers AS SELECT count(DISTINCT as_of_on), count(*) FROM clv.customers;
            """
        )
        for query in ["rows", "totals", "customers"] { try reader.execute("EXECUTE \(query)") }
        try shop.publish(RunRecord(runID: "2"), customers: numberedCustomers(200))
        try shop.publish(RunRecord(runID: "3"), customers: numberedCustomers(300))
        #expect(try reader.execute("EXECUTE rows")[0, 0] == "100")
        #expect(try reader.execute("EXECUTE totals")[0, 0] == "1")
        let customers = try reader.execute("EXECUTE customers")
        #expect(customers[0, 0] == "1" && customers[0, 1] == "100")
        // A session that lags behind many changes is told of them within its transaction, too: its
        // plans are made anew, and show the newest forecast, as whole as the old one.
        let others = try TestDatabase(in: cluster).connect()
        for _ in 1...400 {
            try others.execute("CREATE TABLE changing (n int PRIMARY KEY)")
            try others.execute("DROP TABLE changing")
        }
        #expect(["100", "300"].contains(try reader.execute("EXECUTE rows")[0, 0]))
        let newest = try reader.execute("EXECUTE customers")
        #expect(newest[0, 0] == "1" && ["100", "300"].contains(newest[0, 1]))
        reader.rollback()
        #expect(try reader.execute("EXECUTE rows")[0, 0] == "300")
        // Going back is one update.
        _ = try shop.query("UPDATE clv.current_publications SET publication_number = 2")
        #expect(try reader.execute("EXECUTE rows")[0, 0] == "200")
    }

    @Test("a conditional query reads one partition by its key")
    func plans() throws {
        let shop = try Shop()
        for run in 1...3 {
            try shop.publish(RunRecord(runID: "\(run)"), customers: numberedCustomers(20_000))
        }
        try expectOnePartition(shop.query(PublicationTests.conditional))
    }

    @Test("also for a role that row-level security shows one tenant's rows")
    func guardedPlans() throws {
        let mall = try Mall(byOwner: false)
        for index in 0..<2 {
            for run in 1...2 {
                try mall.shop(index).publish(
                    RunRecord(runID: "\(run)"),
                    customers: numberedCustomers(20_000)
                )
            }
        }
        let rows = try mall.connect(0).execute(PublicationTests.conditional)
        try expectOnePartition((0..<rows.count).map { [rows[$0, 0]] })
    }

    private static let conditional = """
        EXPLAIN (ANALYZE, COSTS OFF) SELECT expected_spend FROM clv.customer_predictions
        WHERE customer_id = 'c0000007' AND horizon_days = 30
        """

    private func expectOnePartition(_ rows: [[String?]]) throws {
        let plan = rows.compactMap(\.first).compactMap { $0 }
        // The look for the newest publication ("k") reads one row of a partition.
        let read = plan.filter {
            $0.contains(" Scan ") && $0.contains("customer_predictions_") && !$0.contains(" k_")
        }
        #expect(read.filter { !$0.contains("never executed") }.count == 1)
        #expect(read.allSatisfy { $0.contains("Index Scan") }, "\(plan.joined(separator: "\n"))")
        // Only the few publications may be sorted.
        #expect(!plan.contains { $0.contains("Sort Key") && !$0.contains("u.publication_number") })
    }
}

/// Gives a value from one thread to another, once.
///
/// Safety: the giver does not touch it any more, and starting the thread orders the two.
final class Handover<Value>: @unchecked Sendable {
    private var value: Value?

    init(_ value: Value) { self.value = value }

    func take() -> Value {
        guard let value else { preconditionFailure("taken twice") }
        self.value = nil
        return value
    }
}
