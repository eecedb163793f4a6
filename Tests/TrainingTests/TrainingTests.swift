import Domain
import JSONCoding
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Synchronization
import Testing
import Training

private let catalogue = ModelCatalogue(
    purchases: [BetaGeometricFamily()],
    spend: [GammaGammaFamily(), LogNormalSpendFamily()]
)

private let several = ModelCatalogue(
    purchases: [BetaGeometricFamily(), ParetoFamily()],
    spend: [GammaGammaFamily()]
)

/// Customers by x, t_x, T and mean spend.
private func base(_ rows: [(Int32, Int32, Int32, Double)], hasAmounts: Bool = true)
    -> CustomerSummaries
{
    CustomerSummaries(
        repeats: rows.map(\.0),
        recency: rows.map(\.1),
        age: rows.map(\.2),
        meanSpend: rows.map(\.3),
        historicSpend: hasAmounts ? rows.map { _ in 10 } : []
    )
}

/// A few hundred customers of a BG/NBD and gamma-gamma world.
private func shop(hasAmounts: Bool = true) -> CustomerSummaries {
    var random = RandomSource(seed: 41)
    let rows: [(Int32, Int32, Int32, Double)] = (0..<400).map { _ in
        let age = 300 + Double(random.next() % 400)
        let rate = random.gamma(shape: 0.8, rate: 60)
        let dropOut = random.beta(0.8, 2.5)
        var (x, last) = (0.0, 0.0)
        while true {
            let next = last + random.exponential(rate: rate)
            if next > age { break }
            (x, last) = (x + 1, next)
            if random.uniform() < dropOut { break }
        }
        let scale = random.gamma(shape: 4, rate: 15)
        let mean = x == 0 ? .nan : random.gamma(shape: 6 * x, rate: scale) / x
        return (Int32(x), Int32(last), Int32(age), mean)
    }
    return base(rows, hasAmounts: hasAmounts)
}

private func control(isCancelled: @escaping @Sendable () -> Bool = { false }) -> WorkControl {
    WorkControl(team: ThreadTeam(), isCancelled: isCancelled, clock: { 0 })
}

private func train(
    _ names: [String] = [],
    _ summaries: CustomerSummaries
) throws(ModelProblem) -> TrainedModels {
    try Training.fit(names, of: catalogue, to: summaries, control()) { _, _ in }
}

@Suite struct TrainingTests {
    @Test("without names the first purchase and the first spend model are fitted, and told about")
    func automatic() throws {
        var told: [[Int]] = []
        let trained = try Training.fit([], of: catalogue, to: shop(), control()) {
            told.append([$0, $1])
        }
        #expect(trained.models.map(\.name) == ["bg_nbd", "gamma_gamma"])
        #expect(trained.models.allSatisfy { $0.converged && $0.logLikelihood.isFinite })
        #expect(trained.models.map(\.customers) == [400, shop().repeats.count { $0 > 0 }])
        #expect(told == [[1, 2], [2, 2]])
    }

    @Test("where spend follows frequency, the model that knows it is chosen, or told about")
    func spendFollowsFrequency() throws {
        var customers = shop()
        for index in customers.repeats.indices {
            customers.meanSpend[index] *= Double(customers.repeats[index])
        }
        let chosen = try train([], customers)
        #expect(chosen.models.map(\.name) == ["bg_nbd", "log_normal"])
        #expect(!chosen.warnings.map(\.code).contains("spend_follows_frequency"))
        let named = try train(["bg_nbd", "gamma_gamma"], customers)
        #expect(named.models.map(\.name) == ["bg_nbd", "gamma_gamma"])
        #expect(named.warnings.map(\.code).contains("spend_follows_frequency"))
        let slope = try #require(chosen.models[1].parameters["slope"])
        #expect(slope > 0.5)
        #expect(!(try train([], shop())).warnings.map(\.code).contains("spend_follows_frequency"))
    }

    @Test("a source that begins in the middle of the business is told of, a cohort is not")
    func leftTruncated() throws {
        // Ten new customers a fortnight for two years, then with 200 old ones in the first weeks.
        let steady = shop()
        var aged = steady
        for index in aged.age.indices {
            aged.age[index] = Int32(index) * 728 / Int32(aged.count)
            aged.recency[index] = min(aged.recency[index], aged.age[index])
        }
        var truncated = aged
        for index in stride(from: 0, to: truncated.count, by: 3) {
            truncated.age[index] = 700 + Int32(index % 28)
        }
        var cohort = steady
        cohort.age = cohort.age.indices.map { 728 - Int32($0 % 80) }
        for (customers, isTold) in [(aged, false), (truncated, true), (cohort, false)] {
            let codes = try train([], customers).warnings.map(\.code)
            #expect(codes.contains("left_truncated") == isTold)
        }
    }

    @Test("a model goes through JSON unchanged")
    func coding() throws {
        for model in try train([], shop()).models {
            let bytes = try JSONCoding.encode(model)
            #expect(try JSONCoding.decode(FittedModel.self, from: bytes) == model)
        }
    }

    @Test("without amounts purchases are fitted alone, and an asked spend model is missed aloud")
    func noAmounts() throws {
        let silent = try train([], shop(hasAmounts: false))
        #expect(silent.models.map(\.name) == ["bg_nbd"] && silent.warnings.isEmpty)
        let asked = try train(["gamma_gamma", "bg_nbd"], shop(hasAmounts: false))
        #expect(asked.models.map(\.name) == ["bg_nbd"])
        #expect(asked.warnings.map(\.code) == ["no_amounts"])
    }

    @Test("no customers are refused")
    func nobody() {
        #expect(problem { try train([], base([])) }?.code == "no_customers")
    }

    @Test("one customer is refused")
    func oneCustomer() {
        let found = problem { try train([], base([(3, 50, 90, 20)])) }
        #expect(found?.code == "too_few_customers" && found?.failureClass == .refused)
        #expect(found?.message == "cannot fit model \"bg_nbd\" to a single customer")
    }

    @Test("a base where nobody came back is refused, with what is needed")
    func oneTimers() {
        let found = problem {
            try train(
                [],
                base([(Int32, Int32, Int32, Double)](repeating: (0, 0, 90, .nan), count: 40))
            )
        }
        #expect(found?.code == "no_repeat_purchases" && found?.failureClass == .refused)
        #expect(
            found?.message
                == "cannot fit model \"bg_nbd\": none of 40 customers bought on a second day"
        )
        #expect(found?.fix?.contains("customer_indicator") == true)
    }

    @Test("when nobody spent anything purchases are forecast alone, with a warning")
    func zeroAmounts() throws {
        var free = shop()
        free.meanSpend = free.meanSpend.map { $0.isNaN ? .nan : 0 }
        let trained = try train([], free)
        #expect(trained.models.map(\.name) == ["bg_nbd"])
        #expect(trained.warnings.map(\.code) == ["no_repeat_spend"])
        #expect(
            trained.warnings.first?.message
                == "model \"gamma_gamma\" is left out, purchases are forecast without spend"
        )
    }

    @Test("few repeaters are fitted with a warning")
    func fewRepeaters() throws {
        let rows: [(Int32, Int32, Int32, Double)] = (0..<30).map { (index: Int32) in
            let x = index % 3
            return (x, x * (40 + index % 5), 300 + index, 10 + Double(index))
        }
        let trained = try train([], base(rows))
        #expect(trained.warnings.map(\.code) == ["few_repeaters"])
        #expect(trained.warnings.first?.message.hasPrefix("only 20 of 30 customers") == true)
    }

    @Test("strange bases give finite models or a refusal, never a crash")
    func strange() throws {
        let bases: [[(Int32, Int32, Int32, Double)]] = [
            [(1, 0, 0, 5), (1, 0, 0, 5)],
            [(1, 1, 1, 1e-300), (0, 0, 3650, .nan)],
            [(10_000, 10_000, 10_000, 1e300), (1, 9999, 10_000, 1), (0, 0, 1, .nan)],
            (0..<50).map { _ in (7, 700, 700, 30) },
            (0..<50).map { (Int32($0), 700, 700, 30 + Double($0)) },
            [(1, 1, 3_650_000, 3), (1, 1, 30, 3), (2, 8, 90, 4)],
        ]
        for rows in bases {
            for model in try train([], base(rows)).models {
                #expect(model.converged && model.logLikelihood.isFinite, "\(model)")
                #expect(model.parameters.values.allSatisfy { $0.isFinite && $0 > 0 })
            }
        }
    }

    @Test("an unknown name is a mistake of the configuration, and the known ones are listed")
    func unknown() {
        let found = problem { try train(["bg_nbd", "bgnbd"], shop()) }
        #expect(found?.code == "unknown_model" && found?.failureClass == .configuration)
        #expect(found?.message == "model \"bgnbd\" is not known")
        #expect(found?.fix == "the models are \"bg_nbd\", \"gamma_gamma\", \"log_normal\"")
    }

    @Test("of several models of a kind the one that is named first forecasts, and it is said")
    func severalOfAKind() throws {
        for names in [
            ["pareto_nbd", "bg_nbd", "gamma_gamma"], ["bg_nbd", "pareto_nbd", "gamma_gamma"],
        ] {
            let trained = try Training.fit(names, of: several, to: shop(), control()) { _, _ in }
            #expect(trained.models.map(\.name) == names)
            #expect(several.forecasting(trained.models).map(\.name) == [names[0], "gamma_gamma"])
            let notice = try #require(trained.warnings.first { $0.code == "fitted_beside" })
            #expect(
                notice.message
                    == "model \"\(names[0])\" forecasts; \"\(names[1])\" is fitted beside it"
            )
        }
    }

    @Test("amounts without a model of spend are told of")
    func noSpendModel() throws {
        #expect(try train(["bg_nbd"], shop()).warnings.map(\.code).contains("no_spend_model"))
    }

    @Test("spend alone is no forecast")
    func spendAlone() {
        #expect(problem { try train(["gamma_gamma"], shop()) }?.code == "no_purchase_model")
    }

    @Test("a cancelled fit stops within an evaluation")
    func cancelled() {
        let asked = Atomic<Int>(0)
        let found = problem {
            _ = try Training.fit(
                [],
                of: catalogue,
                to: shop(),
                control { asked.wrappingAdd(1, ordering: .relaxed).newValue > 5 }
            ) { _, _ in }
        }
        #expect(found?.code == "cancelled" && found?.failureClass == .cancelled)
        #expect(asked.load(ordering: .relaxed) == 6)
    }

    @Test("the order of the customers does not matter")
    func order() throws {
        let summaries = shop()
        var reversed = summaries
        reversed.repeats.reverse()
        reversed.recency.reverse()
        reversed.age.reverse()
        reversed.meanSpend.reverse()
        #expect(try train([], summaries).models == train([], reversed).models)
    }
}

private func problem(_ body: () throws -> Void) -> ModelProblem? {
    do {
        try body()
        return nil
    } catch {
        return error as? ModelProblem
    }
}
private func problem(_ body: () throws -> TrainedModels) -> ModelProblem? {
    problem { _ = try body() }
}
