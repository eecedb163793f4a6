import Domain
import JSONCoding
import Modeling
import Parallel
import ProbabilityModels
import Testing

@Suite("what every spend family must do", .timeLimit(.minutes(10)))
struct SpendTests {
    @Test("known parameters are recovered", arguments: SpendCase.all, [0, 1, 2])
    func recovery(family: SpendCase, set: Int) throws {
        let truth = family.truths[set]
        let customers = family.world(longTier ? 20_000 : 3000, truth, 9)
        let fit = try family.family.fit(customers, .none, control())
        var gradient = truth
        let value = family.likelihood(customers)
            .evaluate(family.point(truth), &gradient, ThreadTeam())
        let ratio = 2 * (fit.logLikelihood - value)
        let limit = try #require(chiSquareLimits[truth.count])
        #expect(fit.converged && ratio > -1e-6 && ratio < limit, "seed 9, ratio \(ratio)")
        #expect(fit.standardErrors.count == truth.count)
    }

    @Test("the gradient agrees with central differences", arguments: SpendCase.all)
    func gradient(family: SpendCase) {
        let likelihood = family.likelihood(family.customers)
        let near = family.point(family.truths[0])
        for shift in [[0, 0, 0, 0], [1, -1, 0.5, 1], [-1, 1, -1, -2], [0.5, 2, 1, -1.0]] {
            #expect(gradientError(likelihood, at: zip(near, shift).map { $0 + $1 }) < 2e-7)
        }
    }

    @Test("a model goes through JSON and forecasts the same", arguments: SpendCase.all)
    func coding(family: SpendCase) throws {
        let customers = family.customers
        let fitted = try family.family.fit(customers, .none, control())
        let decoded = try JSONCoding.decode(FittedModel.self, from: try JSONCoding.encode(fitted))
        #expect(decoded == fitted && fitted.name == family.family.name)
        let all = 0..<customers.count
        let before = try family.family.load(fitted).averageSpend(all, of: customers)
        #expect(try family.family.load(decoded).averageSpend(all, of: customers) == before)
    }

    @Test("a fit knows nothing of the one before", arguments: SpendCase.all)
    func refit(family: SpendCase) throws {
        let first = try family.family.fit(family.customers, .none, control())
        _ = try family.family.fit(family.world(300, family.truths[1], 1), .none, control())
        #expect(try family.family.fit(family.customers, .none, control()) == first)
    }

    @Test("one and two threads give the same bits", arguments: SpendCase.all)
    func sameBits(family: SpendCase) throws {
        let customers = family.world(20_000, family.truths[0], 3)
        let one = try family.family.fit(customers, .none, control(threads: 1))
        #expect(try family.family.fit(customers, .none, control(threads: 2)) == one)
    }

    @Test("a cancelled fit leaves nothing", arguments: SpendCase.all)
    func cancelled(family: SpendCase) {
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(family.customers, .none, control(isCancelled: { true }))
        }
        #expect(error?.failureClass == .cancelled)
    }

    @Test("customers who spent nothing are refused", arguments: SpendCase.all)
    func nothing(family: SpendCase) {
        var customers = family.customers
        customers.meanSpend = customers.meanSpend.map { _ in 0 }
        customers.historicSpend = customers.meanSpend
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(customers, .none, control())
        }
        #expect(error?.failureClass == .refused && error?.fix != nil)
    }

    @Test(
        "the spend is finite and not negative, however extreme customers are",
        arguments: SpendCase.all
    )
    func extremes(family: SpendCase) throws {
        var customers = family.customers
        customers.repeats[0] = 10_000
        customers.meanSpend[1] = -50
        customers.historicSpend[1] = -100
        customers.meanSpend[2] = 1e12
        customers.historicSpend[2] = 1e12
        var fitted = try family.family.fit(family.customers, .none, control())
        for parameters in family.extremes {
            fitted.parameters = parameters
            let spend = try family.family.load(fitted)
                .averageSpend(0..<customers.count, of: customers)
            #expect(spend.allSatisfy { $0 >= 0 && $0.isFinite })
        }
    }

    @Test("with all days one-timers are told apart by their first amount")
    func oneTimers() throws {
        let model = GammaGammaModel(p: 6, q: 4, v: 15, .allDays)
        let customers = CustomerSummaries(
            repeats: [0, 0, 3],
            recency: [0, 0, 9],
            age: [9, 9, 9],
            meanSpend: [.nan, .nan, 20],
            historicSpend: [10, 80, 100]
        )
        let spend = model.averageSpend(0..<3, of: customers)
        #expect(spend[0] < model.populationMean && spend[1] > model.populationMean)
        // Four days of 25 on average weigh 24 against the population's 3.
        #expect(abs(spend[2] - (24 * 25 + 3 * 30) / 27) < 1e-12)
    }
}
