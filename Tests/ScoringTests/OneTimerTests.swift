import Domain
import Glibc
import JSONCoding
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import SurvivalModels
import Testing
import Training

@Suite("one-timers with a model of their own")
struct OneTimerTests {
    @Test(
        "expected purchases are the sum over days of the second purchase and what follows it",
        arguments: [
            ("bg_nbd", 20), ("bg_nbd", 100), ("pareto_nbd", 90), ("mbg_cnbd_2", 60), ("nbd", 90),
        ]
    )
    func definition(name: String, days: Int) throws {
        let summaries = shop(800, seed: 4)
        let family = try #require(families.purchases.first { $0.name == name })
        let purchases = try family.load(
            try family.fit(PurchasePatterns(summaries), .weak, control())
        )
        let fitted = try CoxFamily().fit(summaries, control())
        #expect(fitted.converged && fitted.warnings.isEmpty)
        let returns = try CoxFamily().load(fitted)
        let horizon = Horizon(days: days, annualDiscountRate: 0.2)
        let team = ThreadTeam(threads: 1)
        let forecaster = OneTimerForecaster(
            returns,
            then: purchases,
            for: summaries,
            over: horizon,
            team
        )
        let grid = FrequencyAgeGrid(summaries)
        let plain = PurchaseForecaster(purchases, for: grid, over: horizon, team)
            .forecast(0..<summaries.count, of: summaries)
        var forecast = plain
        forecaster.replace(in: &forecast, 0..<summaries.count, of: summaries)
        #expect(forecast.pAlive == plain.pAlive)
        let risks = returns.logRisks(0..<summaries.count, of: summaries)
        var checked = 0
        for customer in 0..<summaries.count {
            guard summaries.repeats[customer] == 0 else {
                #expect(forecast.expectedPurchases[customer] == plain.expectedPurchases[customer])
                continue
            }
            checked += 1
            guard checked % 20 == 0 else { continue }
            let age = Int(summaries.age[customer])
            func survival(_ day: Int) -> Double {
                let waited = returns.cumulativeHazard(Double(age))
                return exp(
                    -exp(risks[customer])
                        * (returns.cumulativeHazard(Double(age + day)) - waited)
                )
            }
            var (sum, worth) = (0.0, 0.0)
            for day in 1...days {
                let gap = Int32(age + day)
                let history = PurchaseHistory(repeats: 1, recency: gap, age: gap)
                func rest(_ time: Double) -> Double {
                    time == 0 ? 0 : purchases.expectedPurchases(history, within: time)
                }
                let left = Horizon(days: days - day, annualDiscountRate: 0.2)
                let probability = survival(day - 1) - survival(day)
                sum += probability * (1 + rest(Double(left.days)))
                let later = Discounting(left).presentValue(atEnd: rest(Double(left.days)), rest)
                worth += probability * Discounting(horizon).factor(afterDays: day) * (1 + later)
            }
            #expect(abs(forecast.returnProbability[customer] - (1 - survival(days))) < 1e-12)
            #expect(abs(forecast.expectedPurchases[customer] - sum) < 5e-7 * max(1, sum))
            #expect(abs(forecast.discountedPurchases[customer] - worth) < 5e-7 * max(1, worth))
        }
        #expect(checked > 100)
    }

    @Test(
        "whoever has waited longer in the tail is less likely to return, and a longer horizon helps"
    )
    func monotone() throws {
        let summaries = shop(1500, seed: 8)
        let model = try CoxFamily().load(try CoxFamily().fit(summaries, control()))
        func probability(_ waited: Double, _ days: Double) -> Double {
            1 - exp(model.cumulativeHazard(waited) - model.cumulativeHazard(waited + days))
        }
        for waited in stride(from: 800.0, to: 4000, by: 100) {
            #expect(probability(waited + 100, 90) <= probability(waited, 90) + 1e-15)
            #expect(probability(waited, 180) >= probability(waited, 90))
            #expect((0...1).contains(probability(waited, .infinity)))
        }
    }

    @Test("the scorer uses it for one-timers alone, with the same bits for one and two threads")
    func scorer() throws {
        let summaries = shop(1500, seed: 15)
        let names = ["bg_nbd", "cox", "gamma_gamma"]
        let trained = try Training.fit(names, of: families, to: summaries, control()) { _, _ in }
        #expect(trained.models.map(\.name) == names && trained.warnings.isEmpty)
        // As the store keeps them.
        let stored = try trained.models.map {
            try JSONCoding.decode(FittedModel.self, from: JSONCoding.encode($0))
        }
        let one = try scores(stored, summaries, threads: 1)
        let two = try scores(trained.models, summaries, threads: 2)
        for field in ForecastField.allCases {
            #expect(one[field].map(\.bitPattern) == two[field].map(\.bitPattern))
        }
        let without = try scores(trained.models.filter { $0.name != "cox" }, summaries, threads: 2)
        for row in 0..<summaries.count {
            let isSame = one[.expectedPurchases][row] == without[.expectedPurchases][row]
            #expect(isSame == (summaries.repeats[row] > 0))
            #expect(one[.pAlive][row] == without[.pAlive][row])
            #expect(one[.expectedPurchases][row] >= one[.returnProbability][row])
            let value = one[.expectedPurchases][row] * one[.expectedAverageSpend][row]
            #expect(abs(one[.expectedSpend][row] - value) < 1e-3)
        }
    }

    @Test(
        "who returns with at least one half has dates of the next purchase, in order, and nobody else"
    )
    func dates() throws {
        let summaries = shop(1500, seed: 23)
        let names = ["bg_nbd", "cox"]
        let trained = try Training.fit(names, of: families, to: summaries, control()) { _, _ in }
        let batch = try scores(trained.models, summaries, threads: 2)
        let asOf = try Double(#require(summaries.asOf).number)
        var dated = [0, 0]
        for row in 0..<summaries.count {
            let (low, high) = (batch[.nextPurchaseOnLow][row], batch[.nextPurchaseOnHigh][row])
            let median = batch[.nextPurchaseOn][row]
            guard batch[.returnProbability][row] >= 0.5 else {
                #expect(median.isNaN && low.isNaN && high.isNaN)
                continue
            }
            dated[summaries.repeats[row] == 0 ? 0 : 1] += 1
            #expect(low > asOf && low <= median && (high.isNaN || median <= high))
            // At least every second next purchase comes within the horizon.
            #expect(median <= asOf + 90)
        }
        #expect(dated[0] > 0 && dated[1] > 100, "\(dated)")
    }

    @Test("groups that the source maps have coefficients of their own, found again by name")
    func groups() throws {
        var summaries = shop(2500, seed: 31)
        let codes = summaries.repeats.indices.map { row -> UInt8 in
            // Who came back is more often of the second group; the third is hardly ever seen.
            row % 250 == 0
                ? 3 : row % 3 == 0 ? 2 : summaries.repeats[row] > 0 && row % 2 == 0 ? 2 : 1
        }
        let column = GroupColumn(name: "channel", groups: ["web", "shop", "fair"], codes: codes)
        summaries.firstPurchases?.groups = [column]
        let fitted = try CoxFamily().fit(summaries, control())
        // Most customers are of the second group, with which the first is compared.
        #expect((fitted.parameters["channel=web"] ?? 0) < -0.3)
        #expect((fitted.standardErrors["channel=web"] ?? 0) > 0)
        #expect(
            fitted.parameters["channel=shop"] == nil && fitted.parameters["channel=fair"] == nil
        )
        let model = try CoxFamily().load(fitted)
        let all = 0..<summaries.count
        let risks = model.logRisks(all, of: summaries)
        // Other numbers for the same names.
        let other = GroupColumn(
            name: "channel",
            groups: ["fair", "web", "shop"],
            codes: codes.map { $0 % 3 + 1 }
        )
        summaries.firstPurchases?.groups = [other]
        #expect(model.logRisks(all, of: summaries) == risks)
    }

    @Test("too few second purchases leave it out, and say so")
    func tooFew() throws {
        let summaries = shop(60, seed: 2)
        let names = ["bg_nbd", "cox"]
        let trained = try Training.fit(names, of: families, to: summaries, control()) { _, _ in }
        #expect(trained.models.map(\.name) == ["bg_nbd"])
        let warning = try #require(trained.warnings.first { $0.code == "too_few_returns" })
        #expect(
            warning.message
                == "model \"cox\" is left out, the purchase model forecasts one-timers"
        )
        #expect(warning.cause?.hasPrefix("cannot fit model \"cox\": only ") == true)
    }

    @Test("a column that tells nothing is told of")
    func uselessColumns() throws {
        var summaries = shop(800, seed: 4)
        let codes = summaries.repeats.indices
        summaries.firstPurchases?.groups = [
            GroupColumn(name: "same", groups: ["all"], codes: codes.map { _ in 1 }),
            GroupColumn(
                name: "id",
                groups: (0..<199).map { "g\($0)" },
                codes: codes.map { UInt8($0 % 200) }
            ),
            GroupColumn(
                name: "many",
                groups: (0..<GroupColumn.groupsMax).map { "g\($0)" },
                codes: codes.map { UInt8($0 % 201) }
            ),
        ]
        let warnings = try CoxFamily().fit(summaries, control()).warnings
        #expect(
            warnings.map(\.code)
                == ["covariate_without_effect", "covariate_without_effect", "too_many_groups"]
        )
        #expect(
            warnings[0].message == "column \"same\" is the same for all customers and tells nothing"
        )
        #expect(warnings[1].message.hasPrefix("of the 199 groups of column \"id\" none but"))
    }

    private func scores(
        _ models: [FittedModel],
        _ summaries: CustomerSummaries,
        threads: Int
    ) throws -> ForecastBatch {
        let scorer = try Scorer(
            models,
            of: families,
            for: summaries,
            horizonsDays: [90],
            ValueTerms(),
            ThreadTeam(threads: threads)
        )
        return scorer.batches(0)[0]
    }
}

private let families = ModelCatalogue(
    purchases: [
        BetaGeometricFamily(), ParetoFamily(), NegativeBinomialFamily(),
        RegularTimingFamily(regularity: 2),
    ],
    returns: [CoxFamily()],
    spend: [GammaGammaFamily()]
)

private func control() -> WorkControl {
    WorkControl(team: ThreadTeam(threads: 2), isCancelled: { false }, clock: { 0 })
}

/// Customers of two years who buy at different rates until they leave; who spends more on the first
/// day, and who comes in December, returns more often.
private func shop(_ count: Int, seed: UInt64) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    let asOf = Day(number: 20_000)
    var summaries = CustomerSummaries(
        repeats: [],
        recency: [],
        age: [],
        meanSpend: [],
        historicSpend: [],
        asOf: asOf,
        firstPurchases: FirstPurchases(gap: [], spend: [])
    )
    for _ in 0..<count {
        let age = Int32(random.uniform() * 730)
        let spend = exp(3 + random.normal())
        let isDecember = (asOf - Int(age)).civil.month == 12
        let rate = random.exponential(rate: 1) * 0.02 * pow(spend / 20, 0.3) * (isDecember ? 2 : 1)
        var (day, repeats, last, gap): (Double, Int32, Int32, Int32) = (0, 0, 0, 0)
        while true {
            day = (day + random.exponential(rate: rate)).rounded(.up)
            guard day <= Double(age), repeats == 0 || random.uniform() < 0.8 else { break }
            repeats += 1
            last = Int32(day)
            if repeats == 1 { gap = last }
        }
        summaries.repeats.append(repeats)
        summaries.recency.append(last)
        summaries.age.append(age)
        summaries.meanSpend.append(repeats > 0 ? spend : .nan)
        summaries.historicSpend.append(spend * Double(repeats + 1))
        summaries.firstPurchases?.gap.append(gap)
        summaries.firstPurchases?.spend.append(spend)
    }
    return summaries
}
