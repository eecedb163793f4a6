import Domain
import Glibc
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct LeaseTests {
    @Test("a lease has one holder until it ends; each holder has a higher epoch")
    func oneHolder() throws {
        let shop = try Shop()
        let first = try shop.lease("run-a")
        let held = #expect(throws: PublishingError.self) { try shop.lease("run-b") }
        #expect(held?.code == "lease_held" && held?.failureClass == .leaseHeld)
        #expect(held?.message == "another run may publish \"monthly\" now")
        #expect(held?.cause?.hasPrefix("run \"run-a\" until ") == true)
        #expect(try shop.sibling(job: "weekly").lease("run-b").epoch == 1)
        let retry = try shop.lease("run-a")
        #expect(retry.epoch == first.epoch + 1)
        let connection = try shop.database.connect()
        #expect(try !first.renew(for: shop.destination, on: connection))
        #expect(try retry.renew(for: shop.destination, on: connection))
        try retry.release(for: shop.destination, on: connection)
        #expect(try shop.lease("run-b").epoch == retry.epoch + 1)
    }

    @Test("a run whose lease ended publishes nothing, whether or not another took it")
    func ended() throws {
        let shop = try Shop()
        let pool = numberedCustomers(100)
        try shop.publish(RunRecord(runID: "1"), customers: pool)
        for (run, isTaken) in [("2", false), ("3", true)] {
            let lease = try shop.lease(run, seconds: 1)
            let ledger = try shop.open(RunRecord(runID: run), under: lease)
            let publication = try Publication.begin(
                Shop.header(),
                of: ledger,
                under: lease
            )
            try publication.add([forecast(0..<50, horizon: 30)], customers: pool)
            usleep(1_200_000)
            let next = isTaken ? try shop.lease("other") : nil
            let connection = try shop.database.connect()
            #expect(try !lease.renew(for: shop.destination, on: connection))
            let error = #expect(throws: PublishingError.self) {
                try publication.finish(totals: [someTotal], models: [], figures: RunFigures())
            }
            #expect(error?.code == "lease_lost" && error?.failureClass == .leaseHeld)
            try next?.release(for: shop.destination, on: connection)
        }
        #expect(try shop.query("SELECT count(*) FROM clv.customer_predictions") == [["100"]])
        #expect(try shop.query("SELECT count(*) FROM clv.publications") == [["1"]])
        #expect(try shop.query(leafTables) == [["customer_predictions_1"]])
    }

    @Test("a publication gives its lease back, so that the next run need not wait")
    func givenBack() throws {
        let shop = try Shop()
        let lease = try shop.lease("1")
        let ledger = try shop.open(RunRecord(runID: "1"), under: lease)
        let publication = try Publication.begin(Shop.header(), of: ledger, under: lease)
        try publication.add([forecast(0..<5, horizon: 30)], customers: numberedCustomers(5))
        #expect(throws: PublishingError.self) { try shop.lease("2") }
        _ = try publication.finish(totals: [someTotal], models: [], figures: RunFigures())
        #expect(try shop.lease("2").epoch == lease.epoch + 1)
    }

    @Test("a keeper renews while the run computes, and notices when the lease is gone")
    func keeper() throws {
        let shop = try Shop()
        let lease = try shop.lease("run-a", seconds: 2)
        let keeper = LeaseKeeper(lease, for: shop.destination)
        usleep(3_500_000)
        #expect(!keeper.isLost)
        #expect(throws: PublishingError.self) { try shop.lease("run-b") }
        _ = try shop.query("UPDATE clv.leases SET epoch = epoch + 1")
        let patience = ContinuousClock.now + .seconds(20)
        while !keeper.isLost, ContinuousClock.now < patience { usleep(50_000) }
        #expect(keeper.isLost)
        keeper.stop()
    }

    @Test("of two runs that start at once, one publishes and the other is told to wait")
    func twoRuns() throws {
        let shop = try Shop()
        let runs = ["a", "b"].map { name in
            InThread {
                try shop.publish(RunRecord(runID: name), customers: numberedCustomers(2000))
            }
        }
        var published = 0
        for run in runs {
            do {
                if try run.value() != nil { published += 1 }
            } catch let error as PublishingError {
                #expect(error.code == "lease_held")
            }
        }
        #expect(published >= 1)
        let count = try shop.query("SELECT count(*) FROM clv.publications")
        #expect(count == [[String(published)]])
    }

    @Test("jobs of a new tenant publish at the same time")
    func twoJobs() throws {
        let shop = try Shop(tenant: "new \"tenant\"")
        let runs = try (1...4).map { number in
            let job = try shop.sibling(tenant: shop.destination.tenant, job: "job \(number)")
            return InThread {
                try job.publish(RunRecord(runID: "\(number)"), customers: numberedCustomers(1000))
            }
        }
        for run in runs { #expect(try run.value()?.rows == 1000) }
        let counts = "SELECT job_name, count(*) FROM clv.customers GROUP BY 1 ORDER BY 1"
        #expect(
            try shop.query(counts) == (1...4).map { ["job \($0)", "1000"] }
        )
    }
}

/// The partitions that hold customers' rows, attached or not.
let leafTables = """
    SELECT relname FROM pg_class
    WHERE relname ~ '^customer_predictions_[0-9]{1,18}$' ORDER BY oid
    """
