import Domain
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import Synchronization
import Testing
import Training

let catalogue = ModelCatalogue(
    purchases: [BetaGeometricFamily()],
    spend: [GammaGammaFamily()]
)

func shop(_ customers: Int = 20_000, hasAmounts: Bool = true) -> CustomerSummaries {
    var random = RandomSource(seed: 51)
    var summaries = CustomerSummaries(
        repeats: [],
        recency: [],
        age: [],
        meanSpend: [],
        historicSpend: []
    )
    for _ in 0..<customers {
        let age = 1 + Int32(random.next() % 700)
        let x = min(age, Int32(random.poisson(mean: random.gamma(shape: 0.5, rate: 0.3))))
        summaries.repeats.append(x)
        summaries.recency.append(x == 0 ? 0 : min(age, x + Int32(random.next() % 500)))
        summaries.age.append(age)
        summaries.meanSpend.append(x == 0 || !hasAmounts ? .nan : random.gamma(shape: 6, rate: 0.2))
        if hasAmounts { summaries.historicSpend.append(random.gamma(shape: 6, rate: 0.1)) }
    }
    return summaries
}

func fit(_ summaries: CustomerSummaries) throws -> [FittedModel] {
    let control = WorkControl(team: ThreadTeam(), isCancelled: { false }, clock: { 0 })
    return try Training.fit([], of: catalogue, to: summaries, control) { _, _ in }.models
}

/// The models as if their parameters were known for certain, for what is not about ranges: the nine
/// draws take long without optimisation.
func certain(_ models: [FittedModel]) -> [FittedModel] {
    models.map { model in
        var model = model
        model.largestLogError = 0
        return model
    }
}

private func scorer(
    _ models: [FittedModel],
    _ summaries: CustomerSummaries,
    _ horizons: [Int] = [30, 365],
    _ terms: ValueTerms = ValueTerms()
) throws -> Scorer {
    try Scorer(models, of: catalogue, for: summaries, horizonsDays: horizons, terms, ThreadTeam())
}

@Suite struct ScorerTests {
    @Test("every customer has a possible forecast at every horizon, and more time never means less")
    func possible() throws {
        let summaries = shop()
        let scorer = try scorer(certain(try fit(shop(2000))), summaries)
        var next = 0
        for index in 0..<scorer.batchCount {
            let batches = scorer.batches(index)
            #expect(batches.map(\.horizonDays) == [30, 365])
            #expect(batches[0].customers.lowerBound == next)
            next = batches[0].customers.upperBound
            let (month, year) = (batches[0], batches[1])
            let impossible = (0..<month.customers.count).filter { row in
                let alive = month[.pAlive][row]
                let isPossible =
                    alive >= 0 && alive <= 1 && alive == year[.pAlive][row]
                    && month[.returnProbability][row] <= year[.returnProbability][row]
                    && year[.returnProbability][row] <= alive + 1e-6
                    && month[.expectedPurchases][row] <= year[.expectedPurchases][row]
                    && year[.expectedPurchases][row] >= year[.returnProbability][row] - 1e-6
                    && month[.expectedAverageSpend][row] > 0
                    && month[.expectedSpend][row] <= year[.expectedSpend][row]
                return !isPossible
            }
            #expect(impossible.isEmpty)
        }
        #expect(next == summaries.count)
    }

    @Test("the columns fit together, and those without a model stay empty")
    func columns() throws {
        let summaries = shop(500)
        let terms = ValueTerms(grossMargin: 0.25, annualDiscountRate: 0)
        let batch = try scorer(try fit(summaries), summaries, [90], terms).batches(0)[0]
        let wrong = (0..<500).filter { row in
            let spend = batch[.expectedPurchases][row] * batch[.expectedAverageSpend][row]
            let lifetime = 0.25 * batch[.historicSpend][row] + batch[.expectedValue][row]
            return abs(batch[.expectedSpend][row] - spend) >= 1e-3
                || abs(batch[.expectedValue][row] - 0.25 * batch[.expectedSpend][row]) >= 1e-4
                || abs(batch[.totalCLV][row] - lifetime) >= 1e-4
                || batch[.customerGroup][row] != (summaries.repeats[row] > 0 ? 0 : 1)
        }
        #expect(wrong.isEmpty)
        #expect(batch[.nextPurchaseOn].isEmpty)
    }

    @Test("ranges hold what they say, and those of value are those of spend at margin and discount")
    func ranges() throws {
        let summaries = shop(400)
        let terms = ValueTerms(grossMargin: 0.25, annualDiscountRate: 0.1)
        let batch = try scorer(try fit(summaries), summaries, [365], terms).batches(0)[0]
        let columns: [(ForecastField, ForecastField)] = [
            (.expectedPurchasesLow, .expectedPurchasesHigh),
            (.expectedAverageSpendLow, .expectedAverageSpendHigh),
            (.expectedSpendLow, .expectedSpendHigh), (.expectedValueLow, .expectedValueHigh),
        ]
        for (low, high) in columns {
            #expect(batch[low].count == 400 && batch[high].count == 400)
            #expect(zip(batch[low], batch[high]).allSatisfy { 0 <= $0 && $0 <= $1 }, "\(low)")
        }
        for row in 0..<400 where batch[.expectedSpend][row] > 1 {
            let worth = batch[.expectedValue][row] / batch[.expectedSpend][row]
            let value = batch[.expectedSpendHigh][row] * worth
            #expect(abs(batch[.expectedValueHigh][row] - value) <= 1e-3 * (1 + value))
            // Nobody spends without a purchase, nor buys without spending.
            let (count, spend) = (
                batch[.expectedPurchasesHigh][row], batch[.expectedSpendHigh][row]
            )
            #expect((count > 0) == (spend > 0))
            #expect((count > 0) == (batch[.returnProbability][row] > 0.05))
        }
    }

    @Test("totals have ranges by group, and more customers do not make them absurdly narrow")
    func totalRanges() throws {
        for count in [60, 400] {
            let summaries = shop(count)
            let totals = try scorer(try fit(summaries), summaries, [365]).score(ThreadTeam()) {
                $0.count
            } deliver: { _ in
            }.totals
            #expect(totals.map(\.group) == [.repeater, .oneTimer, .all])
            for total in totals {
                for range in [
                    total.purchases, try #require(total.spend), try #require(total.value),
                ] {
                    let (low, high) = (try #require(range.low), try #require(range.high))
                    #expect(low < range.expected && range.expected < high)
                    // At least the 23 % of the level of a year, and more for few customers.
                    let width = high / low
                    #expect(width > 2.13 && (count < 100 || width < 4), "\(total)")
                }
            }
            #expect(
                abs(
                    totals[0].expectedPurchases + totals[1].expectedPurchases
                        - totals[2].expectedPurchases
                ) < 1e-6
            )
        }
    }

    @Test("values have the published decimals: six of counts, four of money")
    func decimals() throws {
        let summaries = shop(300)
        let batch = try scorer(try fit(summaries), summaries, [365]).batches(0)[0]
        #expect(batch[.expectedPurchases].allSatisfy { ($0 * 1e6).rounded() / 1e6 == $0 })
        #expect(batch[.totalCLV].allSatisfy { ($0 * 1e4).rounded() / 1e4 == $0 })
        #expect(batch[.expectedPurchases].contains { ($0 * 1e5).rounded() / 1e5 != $0 })
    }

    @Test("discounted value lies between that of the horizon's end and the undiscounted one")
    func discount() throws {
        let summaries = shop(500)
        let models = certain(try fit(summaries))
        let plain = try scorer(models, summaries, [365]).batches(0)[0]
        let terms = ValueTerms(grossMargin: 1, annualDiscountRate: 0.2)
        let discounted = try scorer(models, summaries, [365], terms).batches(0)[0]
        let (before, after) = (plain[.expectedValue], discounted[.expectedValue])
        #expect(zip(before, after).allSatisfy { $1 <= $0 && $1 >= $0 / 1.2 - 1e-4 })
        #expect(discounted[.expectedSpend] == plain[.expectedSpend])
    }

    @Test("without amounts nothing is said of money")
    func noAmounts() throws {
        let summaries = shop(500, hasAmounts: false)
        let scorer = try scorer(try fit(summaries), summaries, [30])
        let batch = scorer.batches(0)[0]
        #expect(batch[.expectedPurchases].count == 500)
        #expect(
            batch[.historicSpend].isEmpty && batch[.expectedSpend].isEmpty
                && batch[.totalCLV].isEmpty
        )
        #expect(batch[.rfmRecencyScore].count == 500 && batch[.rfmFrequencyScore].count == 500)
        #expect(batch[.rfmMonetaryScore].isEmpty && batch[.rfmScore].isEmpty)
        #expect(batch[.segment].isEmpty && batch[.clvPercentile].isEmpty)
        #expect(batch[.clvLevel].isEmpty && batch[.mismatch].isEmpty)
        let totals = scorer.score(ThreadTeam()) {
            $0.count
        } deliver: { _ in
        }.totals
        #expect(totals[0].expectedSpend == nil && totals[0].expectedPurchases > 0)
    }

    @Test("with amounts but no spend model the past is still told")
    func noSpendModel() throws {
        let summaries = shop(500)
        let models = try fit(summaries).filter { $0.name == "bg_nbd" }
        let batch = try scorer(models, summaries, [30]).batches(0)[0]
        #expect(batch[.historicSpend].count == 500 && batch[.totalCLV].isEmpty)
        #expect(batch[.segment].count == 500 && batch[.rfmScore].count == 500)
        #expect(batch[.clvPercentile].isEmpty && batch[.clvLevel].isEmpty)
        #expect(batch[.mismatch].isEmpty)
    }

    @Test(
        "the customer of whom most spend is expected is found, whatever the batch and the threads"
    )
    func heaviest() throws {
        var summaries = shop(40_000)
        let models = certain(try fit(shop(2000)))
        let rich = 30_001
        summaries.repeats[rich] = 3
        (summaries.recency[rich], summaries.age[rich]) = (200, 220)
        summaries.meanSpend[rich] = 90_000_000
        let scorer = try scorer(models, summaries)
        var largest = (customer: 0, spend: 0.0)
        var sum = 0.0
        for index in 0..<scorer.batchCount {
            let batch = scorer.batches(index)[1]
            for (row, spend) in batch[.expectedSpend].enumerated() {
                sum += spend
                if spend > largest.spend { largest = (batch.customers.lowerBound + row, spend) }
            }
        }
        #expect(largest.customer == rich && largest.spend > 0.2 * sum)
        for threads in [1, 2] {
            let heaviest = try #require(
                scorer.score(ThreadTeam(threads: threads)) {
                    $0.count
                } deliver: { _ in
                }.heaviest
            )
            #expect(heaviest.customer == rich && heaviest.horizonDays == 365)
            #expect(abs(heaviest.share - largest.spend / sum) < 1e-9)
        }
    }

    @Test("rows are delivered in order, and the totals are those of the delivered rows")
    func totals() throws {
        let summaries = shop(40_000)
        let scorer = try scorer(certain(try fit(shop(2000))), summaries)
        var (next, purchases, spend) = (0, [0.0, 0], [0.0, 0])
        let totals = scorer.score(ThreadTeam()) {
            $0
        } deliver: { batches in
            #expect(batches[0].customers.lowerBound == next)
            next = batches[0].customers.upperBound
            for horizon in 0..<2 {
                purchases[horizon] += batches[horizon][.expectedPurchases].reduce(0, +)
                spend[horizon] += batches[horizon][.expectedSpend].reduce(0, +)
            }
        }.totals
        #expect(next == 40_000)
        let all = totals.filter { $0.group == .all }
        #expect(all.map(\.horizonDays) == [30, 365])
        for (total, (purchases, spend)) in zip(all, zip(purchases, spend)) {
            #expect(abs(total.expectedPurchases / purchases - 1) < 1e-12)
            #expect(abs((total.expectedSpend ?? 0) / spend - 1) < 1e-12)
        }
    }

    @Test("no purchase model and damaged parameters are refused with what to do")
    func refused() throws {
        let summaries = shop(500)
        var models = try fit(summaries)
        #expect(throws: ModelProblem.self) { try scorer([models[1]], summaries) }
        models[0].parameters["alpha"] = -1
        do {
            _ = try scorer(models, summaries)
            Issue.record("a damaged model was used")
        } catch let error as ModelProblem {
            #expect(error.code == "damaged_model")
            #expect(
                error.message == "cannot use the stored model \"bg_nbd\":"
                    + " its parameters are not r, alpha, a and b above zero"
            )
        }
        models[0].parameters["alpha"] = 1
        models[1].parameters["q"] = 0.9
        #expect(throws: ModelProblem.self) { try scorer(models, summaries) }
    }
}
