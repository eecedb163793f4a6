import Domain
import Postgres
import Publishing
import TestSupport
import Testing

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct TotalShiftTests {
    private func publish(
        _ run: String,
        customers: Int,
        spend: Double?,
        limit: Double? = 0.5,
        loss: Double? = nil,
        in shop: Shop
    ) throws {
        let lease = try shop.lease(run)
        defer { try? lease.release(for: shop.destination, on: shop.destination.connect()) }
        let ledger = try shop.open(RunRecord(runID: run), under: lease)
        let header = try Shop.header(maxTotalShift: limit, maxCustomerLoss: loss)
        let publication = try Publication.begin(header, of: ledger, under: lease)
        let batch = forecast(0..<customers, horizon: 30)
        try publication.add([batch], customers: numberedCustomers(customers))
        let total = ForecastTotal(
            horizonDays: 30,
            group: .all,
            purchases: Ranged(7),
            spend: spend.map { Ranged($0) }
        )
        _ = try publication.finish(totals: [total], models: [], figures: RunFigures())
    }

    @Test("a forecast too far from the one before is refused, and that one stays")
    func refused() throws {
        let shop = try Shop()
        // Nothing before it: as far as it likes.
        try publish("1", customers: 100, spend: 1000, in: shop)
        try publish("2", customers: 149, spend: 1499, in: shop)
        for (customers, spend, cause) in [
            (149, 2249.0, "the total of 30 days: 1499.00 before, 2249.00 now"),
            (149, 999.0, "the total of 30 days: 1499.00 before, 999.00 now"),
            (224, 1499.0, "customers: 149.00 before, 224.00 now"),
            (99, 1499.0, "customers: 149.00 before, 99.00 now"),
        ] {
            let error = #expect(throws: PublishingError.self, "\(cause)") {
                try publish("3", customers: customers, spend: spend, in: shop)
            }
            #expect(error?.code == "total_shift" && error?.failureClass == .refused)
            #expect(error?.cause == cause)
        }
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["149"]])
        #expect(try shop.query("SELECT count(*) FROM clv.publications") == [["2"]])
        try publish("4", customers: 99, spend: 9, limit: nil, in: shop)
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["99"]])
    }

    @Test("a forecast that lost too many customers is refused until that is allowed, growth never")
    func lost() throws {
        let shop = try Shop()
        func publish(_ run: String, customers: Int, loss: Double? = 0.5) throws {
            try self.publish(run, customers: customers, spend: 1, limit: nil, loss: loss, in: shop)
        }
        try publish("1", customers: 10)
        try publish("2", customers: 200)
        try publish("3", customers: 100)
        for left in [0, 49] {
            let error = #expect(throws: PublishingError.self) {
                try publish("4", customers: left)
            }
            #expect(error?.code == "customers_lost" && error?.failureClass == .refused)
            #expect(error?.cause == "100 customers before, \(left) now")
            #expect(error?.fix?.contains("max_customer_loss") == true)
        }
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["100"]])
        #expect(try shop.query("SELECT count(*) FROM clv.publications") == [["3"]])
        // The operator says that it is right, and the next run compares with what then came.
        try publish("5", customers: 49, loss: 1)
        try publish("6", customers: 25)
        #expect(try shop.query("SELECT count(*) FROM clv.customers") == [["25"]])
    }

    @Test("purchases stand in for a spend that nobody knows, and a total of nothing for nothing")
    func unknown() throws {
        let shop = try Shop()
        try publish("1", customers: 10, spend: 0, in: shop)
        try publish("2", customers: 10, spend: 50, in: shop)
        try publish("3", customers: 10, spend: nil, in: shop)
        try publish("4", customers: 10, spend: 50, in: shop)
    }
}
