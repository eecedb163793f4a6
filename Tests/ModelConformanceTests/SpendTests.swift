import Domain
import Glibc
import JSONCoding
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Testing

/// A spend family as the suite sees it.
struct SpendCase: Sendable, CustomTestStringConvertible {
    var family: any SpendFamily
    var basis: SpendBasis

    var testDescription: String { family.name }

    static let all = [
        SpendCase(family: GammaGammaFamily(), basis: .repeatDays),
        SpendCase(family: GammaGammaAllDaysFamily(), basis: .allDays),
    ]

    /// Customers with one to eight days of a gamma-gamma world, to which the first day belongs or not.
    func customers(_ count: Int, p: Double, q: Double, v: Double, seed: UInt64)
        -> CustomerSummaries
    {
        var random = RandomSource(seed: seed)
        var (repeats, means, totals): ([Int32], [Double], [Double]) = ([], [], [])
        for _ in 0..<count {
            let days = 1 + Int32(random.next() % 8)
            let scale = random.gamma(shape: q, rate: v)
            let total = random.gamma(shape: p * Double(days), rate: scale)
            let first = basis == .allDays ? total / Double(days) : random.uniform()
            repeats.append(basis == .allDays ? days - 1 : days)
            means.append(basis == .allDays ? .nan : total / Double(days))
            totals.append(basis == .allDays ? total : total + first)
        }
        return CustomerSummaries(
            repeats: repeats,
            recency: repeats.map { $0 * 30 },
            age: repeats.map { $0 * 40 },
            meanSpend: means,
            historicSpend: totals
        )
    }

    var customers: CustomerSummaries { customers(600, p: 6, q: 4, v: 15, seed: 12) }
}

@Suite("what every spend family must do", .timeLimit(.minutes(10)))
struct SpendTests {
    @Test(
        "known parameters are recovered",
        arguments: SpendCase.all,
        [(6.25, 3.74, 15.4), (1.2, 1.8, 200), (15, 8, 0.5)]
    )
    func recovery(family: SpendCase, truth: (p: Double, q: Double, v: Double)) throws {
        let (p, q, v) = truth
        let customers = family.customers(20_000, p: p, q: q, v: v, seed: 9)
        let fit = try family.family.fit(customers, control())
        var gradient = [0.0, 0, 0]
        let value = GammaGammaLikelihood(SpendPatterns(customers, family.basis))
            .evaluate([log(p), log(q - 1), log(v)], &gradient, ThreadTeam())
        let ratio = 2 * (fit.logLikelihood - value)
        // The .999 quantile of chi-square with three degrees of freedom.
        #expect(fit.converged && ratio > -1e-6 && ratio < 16.266, "seed 9, ratio \(ratio)")
    }

    @Test(
        "the gradient agrees with central differences",
        arguments: SpendCase.all,
        [[1.8, 1, 2.7], [-2, -3, 5], [4, 2, 0]]
    )
    func gradient(family: SpendCase, point: [Double]) {
        let likelihood = GammaGammaLikelihood(SpendPatterns(family.customers, family.basis))
        #expect(gradientError(likelihood, at: point) < 1e-7)
    }

    @Test("a model goes through JSON and forecasts the same", arguments: SpendCase.all)
    func coding(family: SpendCase) throws {
        let customers = family.customers
        let fitted = try family.family.fit(customers, control())
        let decoded = try JSONCoding.decode(FittedModel.self, from: try JSONCoding.encode(fitted))
        #expect(decoded == fitted && fitted.name == family.family.name)
        let all = 0..<customers.count
        let before = try family.family.load(fitted).averageSpend(all, of: customers)
        #expect(try family.family.load(decoded).averageSpend(all, of: customers) == before)
    }

    @Test("a fit knows nothing of the one before", arguments: SpendCase.all)
    func refit(family: SpendCase) throws {
        let first = try family.family.fit(family.customers, control())
        _ = try family.family.fit(family.customers(300, p: 2, q: 3, v: 90, seed: 1), control())
        #expect(try family.family.fit(family.customers, control()) == first)
    }

    @Test("one and two threads give the same bits", arguments: SpendCase.all)
    func sameBits(family: SpendCase) throws {
        let customers = family.customers(20_000, p: 6, q: 4, v: 15, seed: 3)
        let one = try family.family.fit(customers, control(threads: 1))
        #expect(try family.family.fit(customers, control(threads: 2)) == one)
    }

    @Test("a cancelled fit leaves nothing", arguments: SpendCase.all)
    func cancelled(family: SpendCase) {
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(family.customers, control(isCancelled: { true }))
        }
        #expect(error?.failureClass == .cancelled)
    }

    @Test("customers who spent nothing are refused", arguments: SpendCase.all)
    func nothing(family: SpendCase) {
        var customers = family.customers
        customers.meanSpend = customers.meanSpend.map { _ in 0 }
        customers.historicSpend = customers.meanSpend
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(customers, control())
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
        var fitted = try family.family.fit(family.customers, control())
        for (p, q, v) in [(0.01, 1.001, 1e-6), (1e4, 1e4, 1e9), (1e-2, 1e4, 1), (1e4, 1.001, 1)] {
            fitted.parameters = ["p": p, "q": q, "v": v]
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
