import Configuration
import Domain
import TestSupport
import Testing
import WorkerContract

@Suite(hasPostgres, .timeLimit(.minutes(5))) struct NewDataTests {
    private func buy(_ shop: SmallShop, newCustomers: Int) throws {
        try shop.query(
            """
            INSERT INTO purchases SELECT 'new' || k, date '2024-08-30', 20
            FROM generate_series(1, \(newCustomers)) AS k
            """
        )
    }

    @Test("more new purchases, or customers, than the job allows fit the models anew, once")
    func limits() throws {
        for kind in ["purchase days", "customers"] {
            var shop = try SmallShop()
            if kind == "customers" {
                shop.job.timing.maxNewCustomers = 10
            } else {
                shop.job.timing.maxNewPurchases = 10
            }
            try shop.run("r-1")
            try buy(shop, newCustomers: 10)
            #expect(try shop.run("r-2").models.allSatisfy { !$0.trained })
            try shop.query("DELETE FROM purchases WHERE customer LIKE 'new%'")
            try buy(shop, newCustomers: 11)
            let found = try shop.run("r-3")
            #expect(found.models.allSatisfy { $0.trained && $0.version == "v000002" })
            let reason = "11 \(kind) came since the fit, the limit is 10"
            #expect(found.models.first?.reason.hasPrefix(reason) == true, "\(found.models)")
            #expect(try shop.run("r-4").models.allSatisfy { !$0.trained })
        }
    }

    @Test("a fit that somebody asked for is made once, however many attempts the run takes")
    func attempts() throws {
        var shop = try SmallShop()
        shop.job.kind = .train
        let first = try shop.run("r-1", retrain: true)
        #expect(first.models.allSatisfy { $0.trained && $0.version == "v000001" })
        let again = try shop.run("r-1", retrain: true)
        #expect(again.models.allSatisfy { $0.trained && $0.version == "v000001" })
        #expect(again.models.first?.reason == "fitted by an earlier attempt")
        let other = try shop.run("r-2", retrain: true)
        #expect(other.models.allSatisfy { $0.trained && $0.version == "v000002" })
    }
}
