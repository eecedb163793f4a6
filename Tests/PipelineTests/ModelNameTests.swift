import Configuration
import Domain
import FileSystem
import Modeling
import TestSupport
import Testing
import WorkerContract

@testable import Pipeline

/// Every model by its name, from a file to a table.
@Suite(.timeLimit(.minutes(5))) struct ModelNameTests {
    @Test(
        "a model that is named forecasts every customer, with all columns it has something to say of",
        arguments: catalogue.purchases.map { [$0.name, "gamma_gamma"] }
            + catalogue.spend.map { ["bg_nbd", $0.name] } + [["bg_nbd", "cox", "gamma_gamma"]]
    )
    func forecasts(names: [String]) throws {
        let folder = try TemporaryFolder()
        try shop(at: folder.path + "/shop.csv")
        let settings = PipelineSettings(
            path: folder.path + "/shop.csv",
            columns: .init(customer: "user_id", time: "days", amount: "amount", order: nil),
            horizons: [try #require(TimePeriod("month")), try #require(TimePeriod("year"))],
            models: names,
            output: folder.path + "/out.csv",
            report: nil,
            rejected: nil
        )
        let plan = Plan(runID: "f", tenant: "file", job: "pipeline", work: .pipeline(settings))
        let events = try NewFile(folder.path + "/events", mode: 0o600)
        var stream = EventStream(descriptor: events.descriptor, runID: "f", clock: .system)
        let result = try FileRun(plan, settings).run(&stream)
        #expect(Set(result.models.map(\.name)) == Set(names))
        let lines = String(decoding: try FileSystem.read(folder.path + "/out.csv"), as: UTF8.self)
            .split(separator: "\n").map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
        #expect(lines.count == 1 + 2 * 300)
        let columns = Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), 0...))
        for column in [
            "p_alive", "return_probability", "expected_purchases_low", "expected_purchases",
            "expected_purchases_high", "expected_spend_low", "expected_spend",
            "expected_spend_high",
            "expected_value",
        ] {
            let place = try #require(columns[column])
            let values = lines.dropFirst().map { Double($0[place]) }
            #expect(values.allSatisfy { $0.map { $0.isFinite && $0 >= 0 } == true }, "\(column)")
        }
        // From the end: a mismatch has a comma in it.
        let model = lines[0].count - (try #require(columns["model"]))
        #expect(
            lines.dropFirst().allSatisfy { $0[$0.count - model] == names.joined(separator: "+") }
        )
        let purchases = result.totals.filter { $0.group == .all }.map(\.expectedPurchases)
        #expect(purchases.count == 2 && purchases[0] > 0 && purchases[1] > purchases[0])
    }

    /// Three hundred customers over twenty months, a hundred of them with one purchase.
    private func shop(at path: String) throws {
        let last = try #require(Day("2024-08-30"))
        var text = "user_id,days,amount\n"
        for customer in 1...300 {
            for purchase in 1...(1 + customer % 7) where customer % 3 > 0 || purchase == 1 {
                let back =
                    (customer * 7919 + purchase * purchase * 31 + purchase * customer * 13) % 600
                let amount = 10 + (customer * 37 + purchase * 11) % 90
                text += "c\(customer),\(last - back),\(amount)\n"
            }
        }
        try FileSystem.replace(path, with: Array(text.utf8))
    }
}
