import Configuration
import Domain
import FileSystem
import Publishing
import Scoring
import TestSupport
import Testing
import WorkerContract

@testable import Pipeline

@Suite("one customer who weighs as much as many", .timeLimit(.minutes(5)))
struct HeavyCustomerTests {
    @Test("of a file and of a job it is told with the amount, the usual one and a way to find it")
    func told() throws {
        let heaviest = HeaviestCustomer(customer: 7, horizonDays: 365, share: 0.3449)
        let ledger = ledger(customers: 120, largest: 1_234_567.891)
        let file = try #require(HeavyCustomer(heaviest, of: ledger)).report
        #expect(file.code == "one_customer_weighs_most")
        #expect(
            file.message
                == "one of 120 customers is 34 % of the spend that is expected of them in 365 days"
        )
        #expect(
            file.cause
                == "the largest purchase day of that customer is 1234567.89, where 20.00 is usual"
        )
        #expect(
            file.fix == """
                look for the largest expected_spend in the forecast, check that customer's rows, and \
                correct what is wrong or take it out of the file
                """
        )
        let destination = try Destination(schema: "clv", tenant: "o'neil", job: "monthly") {
            throw Unwanted()
        }
        let job = try #require(HeavyCustomer(heaviest, of: ledger, in: destination)).report
        #expect(
            job.fix == """
                see who it is with "SELECT * FROM "clv".customers WHERE tenant_id = 'o''neil' AND \
                job_name = 'monthly' ORDER BY expected_spend DESC NULLS LAST LIMIT 1", check that \
                customer's rows, and correct what is wrong in the source or leave it out by a \
                condition in data_query_path
                """
        )
    }

    @Test("less than a fifth, few customers, and a forecast without spend are nothing to tell")
    func untold() {
        let ledger = ledger(customers: 100, largest: 500)
        func warning(_ share: Double, _ ledger: Ledger) -> HeavyCustomer? {
            HeavyCustomer(
                HeaviestCustomer(customer: 7, horizonDays: 30, share: share),
                of: ledger
            )
        }
        #expect(warning(0.2, ledger) != nil)
        #expect(warning(0.199, ledger) == nil)
        #expect(warning(0.9, self.ledger(customers: 99, largest: 500)) == nil)
        #expect(HeavyCustomer(nil, of: ledger) == nil)
    }

    @Test(
        "a run tells it without a name, and the query that it names finds the customer",
        hasPostgres
    )
    func run() throws {
        let shop = try SmallShop()
        try shop.run("r-1")
        #expect(!(try shop.events(of: "r-1").contains("one_customer_weighs_most")))
        try shop.query(
            """
            UPDATE purchases SET amount = 5e6
            WHERE ctid = (SELECT min(ctid) FROM purchases WHERE customer = 'c6')
            """
        )
        try shop.run("r-2", retrain: true)
        let events = try shop.events(of: "r-2")
        let warning = try #require(
            events.split(separator: "\n").first { $0.contains("one_customer_weighs_most") }
        )
        #expect(warning.contains("the largest purchase day of that customer is 5000000.00, where"))
        #expect(!events.contains("\"c6\"") && !warning.contains("c6"))
        let query = """
            SELECT * FROM "clv".customers WHERE tenant_id = 'acme' AND job_name = 'monthly' \
            ORDER BY expected_spend DESC NULLS LAST LIMIT 1
            """
        // JSON has its quotes escaped.
        #expect(warning.replacing("\\\"", with: "\"").contains(query))
        let found = try shop.query("SELECT customer_id FROM (\(query)) AS q")
        #expect(found == [["c6"]])
    }

    @Test("a forecast from a file tells it too")
    func file() throws {
        let folder = try TemporaryFolder()
        var text = "user_id,days,amount\n"
        let last = try #require(Day("2024-08-30"))
        for customer in 1...150 {
            for purchase in 1...(1 + customer % 7) {
                let back =
                    (customer * 7919 + purchase * purchase * 31 + purchase * customer * 13) % 600
                let isSpoilt = customer == 6 && purchase == 1
                text += "c\(customer),\(last - back),\(isSpoilt ? 5_000_000 : 10 + customer % 90)\n"
            }
        }
        try FileSystem.replace(folder.path + "/shop.csv", with: Array(text.utf8))
        let settings = PipelineSettings(
            path: folder.path + "/shop.csv",
            columns: .init(customer: "user_id", time: "days", amount: "amount", order: nil),
            horizons: [try #require(TimePeriod("month"))],
            models: [],
            output: folder.path + "/out.csv",
            report: nil,
            rejected: nil
        )
        let plan = Plan(runID: "f", tenant: "file", job: "pipeline", work: .pipeline(settings))
        var events = try NewFile(folder.path + "/events", mode: 0o600)
        var stream = EventStream(descriptor: events.descriptor, runID: "f", clock: .system)
        _ = try FileRun(plan, settings).run(&stream)
        try events.commit()
        let told = String(decoding: try FileSystem.read(folder.path + "/events"), as: UTF8.self)
        #expect(told.contains("\"code\":\"one_customer_weighs_most\""))
        #expect(told.contains("look for the largest expected_spend in the forecast"))
    }

    private struct Unwanted: Error {}

    /// Two purchase days of 20 each, but for one of the eighth customer.
    private func ledger(customers: Int, largest: Double) -> Ledger {
        var names = StringPool()
        for customer in 0..<customers { _ = names.append("c\(customer)") }
        var amounts = Array(repeating: 20.0, count: 2 * customers)
        amounts[14] = largest
        return Ledger(
            customers: names,
            offsets: (0...customers).map { UInt32(2 * $0) },
            day: (0..<2 * customers).map { Int32(19_000 + $0 % 2) },
            amount: amounts,
            asOf: Day(number: 19_100)
        )
    }
}
