import Domain
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Testing

/// Customers with amounts, some of whom buy often.
private func base(_ count: Int, seed: UInt64) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    var summaries = CustomerSummaries(
        repeats: [],
        recency: [],
        age: [],
        meanSpend: [],
        historicSpend: []
    )
    for _ in 0..<count {
        let age = 30 + Int32(random.next() % 700)
        let x = min(age, Int32(random.poisson(mean: random.gamma(shape: 0.5, rate: 0.15))))
        let mean = random.gamma(shape: 6, rate: 0.2)
        summaries.repeats.append(x)
        summaries.recency.append(x == 0 ? 0 : min(age, x + Int32(random.next() % 500)))
        summaries.age.append(age)
        summaries.meanSpend.append(x == 0 ? .nan : mean)
        summaries.historicSpend.append(mean * Double(x + 1))
    }
    return summaries
}

extension CustomerSummaries {
    func history(_ customer: Int) -> PurchaseHistory {
        PurchaseHistory(
            repeats: repeats[customer],
            recency: recency[customer],
            age: age[customer]
        )
    }
}

@Suite("what the ranges of every family must do", .timeLimit(.minutes(10)))
struct RangeTests {
    /// Parameters of a busy shop, in the order of a case's names.
    private func busy(_ family: PurchaseCase, times factor: Double = 1) -> [Double] {
        zip(family.names, family.worlds[0].parameters).map {
            ["alpha", "beta"].contains($0) ? factor * $1 / 30 : $1
        }
    }

    @Test("quantiles of the count are those of its distribution", arguments: PurchaseCase.all)
    func counts(family: PurchaseCase) throws {
        let customers = base(250, seed: 31)
        let models = [try family.model(busy(family)), try family.model(busy(family, times: 1.3))]
        let draws = models.map { ParameterDraw(purchases: $0, spend: nil) }
        let ranges = RangeForecaster(draws, for: customers, days: 90, ThreadTeam())
            .forecast(0..<customers.count, of: customers)
        #expect(ranges.spend.low.isEmpty && ranges.average.high.isEmpty)
        for customer in 0..<customers.count {
            let parts = models.map {
                (weight: 0.5, counts: $0.counts(customers.history(customer), within: 90))
            }
            let mixture = CountDistribution(mixing: parts)
            for (found, share) in [
                (ranges.purchases.low[customer], 0.05), (ranges.purchases.high[customer], 0.95),
            ] {
                // A neighbour is right where the probability is all but the share.
                let above = mixture.tail(Int(found) + 1)
                let here = mixture.tail(Int(found))
                #expect(
                    above <= 1 - share + 1e-3 && here >= 1 - share - 1e-3,
                    "seed 31, \(customers.history(customer)): \(found), \(above), \(here)"
                )
            }
        }
    }

    @Test("quantiles of spend are within a percent of simulated ones")
    func spend() {
        let customers = base(40, seed: 32)
        let draws = [
            (BetaGeometricModel(r: 0.7, alphaWeeks: 8, a: 0.6, b: 3), (6.0, 3.7, 15.0)),
            (BetaGeometricModel(r: 0.8, alphaWeeks: 7, a: 0.8, b: 3), (5.0, 4.2, 20.0)),
        ]
        let forecaster = RangeForecaster(
            draws.map {
                ParameterDraw(
                    purchases: $0.0,
                    spend: GammaGammaModel(p: $0.1.0, q: $0.1.1, v: $0.1.2)
                )
            },
            for: customers,
            days: 180,
            ThreadTeam()
        )
        let ranges = forecaster.forecast(0..<customers.count, of: customers)
        for customer in stride(from: 0, to: customers.count, by: 4) {
            var random = RandomSource(seed: 1000 + UInt64(customer))
            var (totals, means): ([Double], [Double]) = ([], [])
            for (model, (p, q, v)) in draws {
                let counts = model.counts(customers.history(customer), within: 180)
                let x = Double(customers.repeats[customer])
                let known = x > 0 ? x * customers.meanSpend[customer] : 0
                for _ in 0..<12_000 {
                    let bought = counts.quantile(random.uniform())
                    let rate = random.gamma(shape: q + p * x, rate: v + known)
                    let total =
                        bought > 0 ? random.gamma(shape: p * Double(bought), rate: rate) : 0
                    totals.append(total)
                    if bought > 0 { means.append(total / Double(bought)) }
                }
            }
            for (values, column) in [(totals, ranges.spend), (means, ranges.average)]
            where values.count > 2000 {
                for (found, share) in [(column.low[customer], 0.05), (column.high[customer], 0.95)]
                {
                    let above = Double(values.count { $0 > found }) / Double(values.count)
                    // Four standard errors of the simulation, and a tenth of a percent.
                    let error = 4 * (0.05 * 0.95 / Double(values.count)).squareRoot() + 1e-3
                    let isNothing = found == 0 && above <= 1 - share + error
                    #expect(isNothing || abs(above - (1 - share)) < error, "\(found) \(above)")
                }
            }
        }
    }

    @Test("ranges are finite and possible, however extreme customers are", arguments: SpendCase.all)
    func extremes(spend: SpendCase) throws {
        var customers = base(60, seed: 33)
        (customers.repeats[0], customers.recency[0], customers.age[0]) = (10_000, 10_000, 10_000)
        customers.meanSpend[1] = -50
        (customers.repeats[2], customers.meanSpend[2]) = (3, 1e9)
        var fitted = try spend.family.fit(spend.customers, .weak, control())
        for parameters in spend.extremes + [fitted.parameters] {
            fitted.parameters = parameters
            let draw = ParameterDraw(
                purchases: BetaGeometricModel(r: 0.3, alphaWeeks: 4, a: 1e-3, b: 1e4),
                spend: try spend.family.load(fitted)
            )
            let ranges = RangeForecaster([draw], for: customers, days: 365, ThreadTeam())
                .forecast(0..<customers.count, of: customers)
            for column in [ranges.purchases, ranges.spend, ranges.average] {
                #expect(zip(column.low, column.high).allSatisfy { $0 >= 0 && $0 <= $1 })
                #expect(column.high.allSatisfy { $0.isFinite })
            }
            #expect((ranges.purchaseVariance + ranges.spendVariance).allSatisfy { $0 >= 0 })
        }
    }

    @Test("one and two threads give the same bits", arguments: PurchaseCase.all)
    func sameBits(family: PurchaseCase) throws {
        let customers = base(300, seed: 34)
        let draw = ParameterDraw(
            purchases: try family.model(busy(family)),
            spend: GammaGammaModel(p: 6, q: 3.7, v: 15)
        )
        let found = [1, 2].map { threads in
            RangeForecaster([draw], for: customers, days: 60, ThreadTeam(threads: threads))
                .forecast(0..<customers.count, of: customers)
        }
        #expect(found[0].purchases == found[1].purchases && found[0].spend == found[1].spend)
        #expect(found[0].average == found[1].average)
        #expect(found[0].spendVariance == found[1].spendVariance)
    }

    @Test("one-timers who return by a model of their own go on as the purchase model says")
    func oneTimers() throws {
        let customers = base(60, seed: 36)
        let model = BetaGeometricModel(r: 0.7, alphaWeeks: 8, a: 0.6, b: 3)
        let forecaster = RangeForecaster(
            [ParameterDraw(purchases: model, spend: nil)],
            for: customers,
            days: 400,
            ThreadTeam()
        )
        let all = 0..<customers.count
        let plain = forecaster.forecast(all, of: customers).purchases
        let probabilities = all.map { Double($0) / Double(all.count) }
        let other = forecaster.forecast(all, of: customers, oneTimersReturn: probabilities)
            .purchases
        for customer in all {
            guard customers.repeats[customer] == 0 else {
                #expect(other.low[customer] == plain.low[customer])
                #expect(other.high[customer] == plain.high[customer])
                continue
            }
            let counts = model.counts(customers.history(customer), within: 400)
            let factor = probabilities[customer] / counts.tail(1)
            let high = Int(other.high[customer])
            #expect(factor * counts.tail(high + 1) <= 0.05 + 1e-3)
            #expect(high == 0 || factor * counts.tail(high) >= 0.05 - 1e-3)
        }
    }

    @Test("the variance of the count is that of its distribution", arguments: PurchaseCase.all)
    func variance(family: PurchaseCase) throws {
        let customers = base(20, seed: 35)
        let model = try family.model(busy(family))
        let ranges = RangeForecaster(
            [ParameterDraw(purchases: model, spend: nil)],
            for: customers,
            days: 60,
            ThreadTeam()
        )
        .forecast(0..<customers.count, of: customers)
        for customer in 0..<customers.count {
            let counts = model.counts(customers.history(customer), within: 60)
            let squares = counts.atLeast.indices.reduce(0) {
                $0 + Double($1 * $1) * counts.probability(of: $1)
            }
            let expected = squares - counts.mean * counts.mean
            #expect(abs(ranges.purchaseVariance[customer] - expected) < 1e-6 * (1 + squares))
        }
    }
}

extension CountDistribution {
    fileprivate func tail(_ count: Int) -> Double {
        count < atLeast.count ? atLeast[max(0, count)] : 0
    }
}
