import Domain
import Modeling
import Parallel
import Testing

@Suite("when the next purchase comes", .timeLimit(.minutes(5)))
struct NextPurchaseTests {
    @Test(
        "dates are the first days by which a share of the next purchases has been made",
        arguments: PurchaseCase.all
    )
    func definition(family: PurchaseCase) throws {
        var parameters = family.worlds[0].parameters
        for (index, name) in family.names.enumerated() where ["alpha", "beta"].contains(name) {
            parameters[index] /= 30
        }
        let model = try family.model(parameters)
        let summaries = CustomerSummaries(
            repeats: [3, 7, 90, 7, 0],
            recency: [80, 300, 700, 100, 0],
            age: [90, 320, 730, 400, 5],
            meanSpend: Array(repeating: .nan, count: 5),
            historicSpend: []
        )
        let forecaster = NextPurchaseForecaster(
            [model],
            for: FrequencyAgeGrid(summaries),
            whoReturnWithin: 365,
            atLeast: 0,
            ThreadTeam(threads: 2)
        )
        let wanted = [true, true, true, true, false]
        let days = forecaster.days(0..<5, of: summaries, wanted: wanted)
        #expect(days[4].median.isNaN && days[4].low.isNaN && days[4].high.isNaN)
        for customer in 0..<4 {
            let history = PurchaseHistory(
                repeats: summaries.repeats[customer],
                recency: summaries.recency[customer],
                age: summaries.age[customer]
            )
            let ever = model.returnProbability(history, within: 1e11)
            func share(_ days: Double) -> Double {
                model.returnProbability(history, within: days) / ever
            }
            let found = days[customer]
            for (day, quantile) in [(found.low, 0.05), (found.median, 0.5), (found.high, 0.95)] {
                let note: Comment = "\(history) \(quantile): \(day)"
                guard !day.isNaN else {
                    #expect(share(Double(NextPurchaseForecaster.lastDay)) < quantile, note)
                    continue
                }
                #expect(day >= 1 && day == day.rounded(), note)
                #expect(share(day) >= quantile - 1e-6, note)
                #expect(day == 1 || share(day - 1) < quantile + 1e-6, note)
            }
        }
    }

    @Test("the quantiles are those of the mean over the draws", arguments: PurchaseCase.all)
    func draws(family: PurchaseCase) throws {
        let fast = zip(family.names, family.worlds[0].parameters).map {
            ["alpha", "beta"].contains($0) ? $1 / 30 : $1
        }
        let slow = zip(family.names, fast).map { $0 == "alpha" ? 4 * $1 : $1 }
        let models = [try family.model(fast), try family.model(slow)]
        let customer = CustomerSummaries(
            repeats: [7],
            recency: [300],
            age: [320],
            meanSpend: [.nan],
            historicSpend: []
        )
        let activity = models[0].activity(0..<1, of: customer)
        let outlooks = models.map { $0.outlook(repeats: 7) }
        func sum(_ value: (any ActiveOutlook, Int) -> Double) -> Double {
            outlooks.reduce(0) { total, outlook in
                total + activity.indices.reduce(0) { $0 + activity[$1] * value(outlook, $1) }
            }
        }
        let ever = sum { $0.everReturns(phase: $1, age: 320) }
        func share(_ days: Double) -> Double {
            sum { $0.returnProbability(phase: $1, age: 320, days: days) } / ever
        }
        func days(_ models: [any PurchaseModel]) -> NextPurchaseForecaster.Days {
            NextPurchaseForecaster(
                models,
                for: FrequencyAgeGrid(customer),
                whoReturnWithin: 365,
                atLeast: 0,
                ThreadTeam(threads: 1)
            ).days(0..<1, of: customer, wanted: [true])[0]
        }
        let found = days(models)
        for (day, quantile) in [(found.low, 0.05), (found.median, 0.5), (found.high, 0.95)] {
            #expect(share(day) >= quantile - 1e-9 && (day == 1 || share(day - 1) < quantile))
        }
        #expect(found.high > days([models[0]]).high && found.high < days([models[1]]).high)
    }

    @Test("an active customer returns for certain, but for one who leaves meanwhile")
    func ever() throws {
        for family in PurchaseCase.all {
            let model = try family.model(family.worlds[0].parameters)
            let outlook = model.outlook(repeats: 4)
            let ever = outlook.everReturns(phase: 0, age: 300)
            let late = outlook.returnProbability(phase: 0, age: 300, days: 1e10)
            #expect(abs(ever - late) < 1e-6, "\(family.family.name)")
            #expect((ever < 1 - 1e-3) == (family.family.name == "pareto_nbd"))
        }
    }
}
