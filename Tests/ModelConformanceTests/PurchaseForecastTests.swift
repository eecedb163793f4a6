import Domain
import Modeling
import Numerics
import Parallel
import Testing

@Suite("what every fitted purchase model must do", .timeLimit(.minutes(10)))
struct PurchaseForecastTests {
    private let histories = [
        PurchaseHistory.new, PurchaseHistory(repeats: 0, recency: 0, age: 400),
        PurchaseHistory(repeats: 1, recency: 30, age: 400),
        PurchaseHistory(repeats: 7, recency: 300, age: 320),
        PurchaseHistory(repeats: 7, recency: 100, age: 1200),
        PurchaseHistory(repeats: 90, recency: 700, age: 730),
    ]

    @Test(
        "the expected count is the sum of the probabilities of n or more",
        arguments: PurchaseCase.all
    )
    func sumOfTails(family: PurchaseCase) throws {
        for (parameters, _) in family.worlds {
            // Weeks of a few days, so that there is something to count.
            var busy = parameters
            for (index, name) in family.names.enumerated() where ["alpha", "beta"].contains(name) {
                busy[index] /= 30
            }
            let model = try family.model(busy)
            for history in histories {
                for days in [1.0, 30, 365, 1500] {
                    let counts = model.counts(history, within: days)
                    let expected = model.expectedPurchases(history, within: days)
                    let returns = model.returnProbability(history, within: days)
                    let note: Comment = "\(busy), \(history), \(days) days"
                    #expect(abs(counts.mean - expected) < 1e-10 * max(1, expected), note)
                    #expect(abs((counts.atLeast.dropFirst().first ?? 0) - returns) < 1e-12, note)
                    let total = counts.atLeast.indices.reduce(0) { $0 + counts.probability(of: $1) }
                    #expect(abs(total - 1) < 1e-10, note)
                }
            }
        }
    }

    @Test(
        "forecasts are finite and possible, however extreme customers are",
        arguments: PurchaseCase.all
    )
    func extremes(family: PurchaseCase) throws {
        var random = RandomSource(seed: 77)
        let ends = [1e-6, 0.01, 1, 100, 1e5]
        for _ in 0..<16 {
            let parameters = family.names.map { name in
                let end = ends[Int(random.next() % 5)]
                return name == "alpha" || name == "beta" ? 100 * end : end
            }
            let model = try family.model(parameters)
            for x in [0, 1, 100, 10_000] as [Int32] {
                for (recency, age) in [(x, x), (x, x + 3650), (x + 3650, x + 3650)] {
                    let last = x == 0 ? 0 : recency
                    let history = PurchaseHistory(repeats: x, recency: last, age: age)
                    #expect(isSound(model, history), "seed 77, \(parameters), \(history)")
                }
            }
        }
    }

    private func isSound(_ model: any PurchaseModel, _ history: PurchaseHistory) -> Bool {
        let pAlive = model.pAlive(history)
        guard pAlive >= 0 && pAlive <= 1 else { return false }
        var before = (returns: 0.0, purchases: 0.0)
        // Below that both are nothing: a probability of 1e-34 is one minus another.
        let nothing = 1e-14
        for days in [1.0, 365, 3650] {
            let returns = model.returnProbability(history, within: days)
            let purchases = model.expectedPurchases(history, within: days)
            guard returns >= before.returns * (1 - 1e-12) - nothing, returns <= 1,
                purchases.isFinite,
                purchases >= returns * (1 - 1e-9) - nothing,
                purchases >= before.purchases * (1 - 1e-9) - nothing
            else { return false }
            before = (returns, purchases)
        }
        return true
    }

    @Test("counts of heavy buyers are a distribution", arguments: PurchaseCase.all)
    func heavyCounts(family: PurchaseCase) throws {
        let model = try family.model(family.worlds[1].parameters)
        for x in [1000, 10_000] as [Int32] {
            let history = PurchaseHistory(repeats: x, recency: x, age: x)
            let tails = model.counts(history, within: 90).atLeast
            #expect(tails.allSatisfy { $0 >= 0 && $0 <= 1 })
            #expect(zip(tails, tails.dropFirst()).allSatisfy { $0 >= $1 - 1e-15 })
            let expected = model.expectedPurchases(history, within: 90)
            #expect(abs(tails.dropFirst().reduce(0, +) - expected) < 1e-9 * expected)
        }
    }

    @Test("a customer's forecast in a batch is the model's", arguments: PurchaseCase.all)
    func batches(family: PurchaseCase) throws {
        let customers = family.customers
        let model = try family.model(family.worlds[0].parameters)
        let horizon = Horizon(days: 900)
        let forecast = PurchaseForecaster(
            model,
            for: FrequencyAgeGrid(customers),
            over: horizon,
            ThreadTeam()
        )
        .forecast(0..<customers.count, of: customers)
        #expect(forecast.discountedPurchases == forecast.expectedPurchases)
        let wrong = stride(from: 0, to: customers.count, by: 7).filter { index in
            let history = PurchaseHistory(
                repeats: customers.repeats[index],
                recency: customers.recency[index],
                age: customers.age[index]
            )
            return abs(forecast.pAlive[index] - model.pAlive(history)) > 1e-12
                || abs(
                    forecast.returnProbability[index]
                        - model.returnProbability(history, within: 900)
                ) > 1e-12
                || abs(
                    forecast.expectedPurchases[index]
                        - model.expectedPurchases(history, within: 900)
                ) > 1e-11
        }
        #expect(wrong.isEmpty)
    }
}
