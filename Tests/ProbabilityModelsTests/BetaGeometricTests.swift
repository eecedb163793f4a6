import Domain
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Testing

@Suite struct BetaGeometricTests {
    /// The optimum of the CDNOW sample.
    private let published = BetaGeometricModel(
        r: 0.242595,
        alphaWeeks: 4.413602,
        a: 0.792922,
        b: 2.425907
    )

    @Test(
        "single customers have the published log-likelihoods",
        arguments: [(0, 0, 40, -0.59947382, 5e-9), (200, 38, 40, 100.79569, 5e-6)]
    )
    func points(x: Int32, recency: Int32, age: Int32, published: Double, within: Double) throws {
        let patterns = PurchasePatterns(customer(x, 7 * recency, 7 * age))
        var gradient = [0.0, 0, 0, 0]
        let value = BetaGeometricLikelihood(patterns).evaluate(
            [log(0.25), log(28), log(0.8), log(2.5)],
            &gradient,
            ThreadTeam()
        )
        #expect(abs(value - published) <= within)
    }

    @Test(
        "the gradient agrees with central differences",
        arguments: [
            [-1.4, 3.4, -0.2, 0.9], [1, 6, 2, -3], [-3, 1, -4, 4], [3, 8, 0, 0],
        ]
    )
    func gradient(point: [Double]) throws {
        let summaries = simulatePurchases(
            500,
            r: 0.8,
            alphaDays: 40,
            a: 0.6,
            b: 3,
            ageMax: 700,
            seed: 3
        )
        let patterns = PurchasePatterns(summaries)
        #expect(gradientError(BetaGeometricLikelihood(patterns), at: point) < 1e-7)
    }

    @Test("customers of the published walk-through have the published forecasts")
    func walkThrough() {
        let expected: (Int32, Int32, Double) -> Double = { x, age, days in
            self.published.expectedWhenActive(repeats: x, age: age, days: days)
        }
        #expect(abs(expected(0, 0, 364) - 1.444015) < 2e-6)
        let pAlive = published.pAlive(repeats: 26, recency: 216, age: 217)
        // Published with t_x rounded to 30.857 weeks and parameters to three or four digits.
        #expect(abs(pAlive - 0.968852) < 4e-6)
        #expect(abs(pAlive * expected(26, 217, 364) - 25.7566) < 1e-3)
        let second = published.pAlive(repeats: 2, recency: 213, age: 272) * expected(2, 272, 273)
        #expect(abs(second - 1.226) < 6e-4)
    }

    @Test(
        "more purchases long ago mean less in the future",
        arguments: [
            (10, 0.3475, 5e-5), (15, 0.0428, 5e-5), (20, 0.004159, 5e-7), (25, 0.0003584, 5e-8),
        ]
    )
    func paradox(x: Int32, value: Double, within: Double) {
        let pAlive = published.pAlive(repeats: x, recency: 140, age: 273)
        let expected = pAlive * published.expectedWhenActive(repeats: x, age: 273, days: 364)
        #expect(abs(expected - value) <= within)
    }

    @Test(
        "the expected purchases agree with the closed form where that is sound",
        arguments: [
            (0.24, 30.0, 0.79, 2.4), (2, 10, 1.7, 6), (0.9, 60, 0.3, 0.4), (5, 400, 3, 0.5),
            (0.1, 3, 12, 30),
        ]
    )
    func agreesWithClosedForm(r: Double, alpha: Double, a: Double, b: Double) {
        let model = BetaGeometricModel(r: r, alphaWeeks: alpha / 7, a: a, b: b)
        for x in [0, 1, 4, 20] as [Int32] {
            for (age, days) in [(0, 7.0), (100, 30), (100, 365), (700, 3650)] as [(Int32, Double)] {
                let exact = closedExpectation(model, x: x, age: age, days: days)
                let value = model.expectedWhenActive(repeats: x, age: age, days: days)
                #expect(abs(value - exact) < 1e-9 * max(1, exact), "x \(x), T \(age), h \(days)")
            }
        }
    }

    @Test(
        "the expected purchases are the sum of the probabilities of at least n",
        arguments: [(1.0, 2.0), (1, 0.05), (1e-4, 3), (40, 1e-3), (0.2, 500)]
    )
    func positiveTerms(a: Double, b: Double) {
        let model = BetaGeometricModel(r: 0.7, alphaWeeks: 20, a: a, b: b)
        for (x, age, days) in [(0, 0, 30.0), (3, 50, 365), (60, 400, 730)]
            as [(Int32, Int32, Double)]
        {
            let exact = sumOfTails(model, x: x, age: age, days: days)
            let value = model.expectedWhenActive(repeats: x, age: age, days: days)
            #expect(abs(value - exact) < 1e-9 * max(1, exact), "x \(x), T \(age), h \(days)")
        }
    }

    @Test("every forecast is finite and possible, however extreme customers and parameters are")
    func extremes() {
        let ends = [1e-6, 0.01, 1, 100, 1e5]
        for (index, r) in ends.enumerated() {
            for a in ends {
                for b in ends {
                    let alpha = ends[(index + 2) % 5] * 100
                    let model = BetaGeometricModel(r: r, alphaWeeks: alpha, a: a, b: b)
                    for x in [0, 1, 100, 10_000] as [Int32] {
                        #expect(isSound(model, x: x), "\(model), x \(x)")
                    }
                }
            }
        }
    }

    private func isSound(_ model: BetaGeometricModel, x: Int32) -> Bool {
        let histories: [(Int32, Int32)] = [(x, x), (x, x + 3650), (x + 3650, x + 3650)]
        return histories.allSatisfy { recency, age in
            let pAlive = model.pAlive(repeats: x, recency: recency, age: age)
            guard pAlive >= 0 && pAlive <= 1 else { return false }
            var before = (returns: 0.0, purchases: 0.0)
            for days in [1.0, 30, 365, 3650] {
                let returns = model.returnWhenActive(repeats: x, age: age, days: days)
                let purchases = model.expectedWhenActive(repeats: x, age: age, days: days)
                let limit = (model.r + Double(x)) * days / (model.alpha + Double(age))
                guard returns >= before.returns, returns <= 1, purchases.isFinite,
                    purchases >= returns * (1 - 1e-9), purchases <= limit * (1 + 1e-9),
                    purchases >= before.purchases * (1 - 1e-9)
                else { return false }
                before = (returns, purchases)
            }
            return true
        }
    }

    @Test(
        "known parameters are recovered",
        arguments: [(0.25, 3000.0, 0.8, 2.4), (1.5, 4000, 0.5, 4), (0.6, 900, 2, 5)]
    )
    func recovery(r: Double, alphaDays: Double, a: Double, b: Double) throws {
        let summaries = simulatePurchases(
            20_000,
            r: r,
            alphaDays: alphaDays,
            a: a,
            b: b,
            ageMax: 40_000,
            seed: 20
        )
        let patterns = PurchasePatterns(summaries)
        let fit = try BetaGeometricFamily().fit(patterns, control())
        var gradient = [0.0, 0, 0, 0]
        let truth = BetaGeometricLikelihood(patterns).evaluate(
            [log(r), log(alphaDays), log(a), log(b)],
            &gradient,
            ThreadTeam()
        )
        let ratio = 2 * (fit.logLikelihood - truth)
        // The .999 quantile of chi-square with four degrees of freedom.
        #expect(fit.converged && ratio >= 0 && ratio < 18.467, "seed 20, ratio \(ratio)")
    }

    @Test("a customer's forecast in a batch is the model's, to the last digits")
    func batches() {
        let summaries = simulatePurchases(
            300,
            r: 0.8,
            alphaDays: 40,
            a: 0.6,
            b: 3,
            ageMax: 700,
            seed: 5
        )
        let grid = FrequencyAgeGrid(summaries)
        let forecast = published.forecaster(for: grid, over: Horizon(days: 90), ThreadTeam())
            .forecast(0..<300, of: summaries)
        let isEqual = (0..<300).allSatisfy { index in
            let (x, age) = (summaries.repeats[index], summaries.age[index])
            let pAlive = published.pAlive(repeats: x, recency: summaries.recency[index], age: age)
            let expected = published.expectedWhenActive(repeats: x, age: age, days: 90)
            let returns = published.returnWhenActive(repeats: x, age: age, days: 90)
            return abs(forecast.pAlive[index] - pAlive) < 1e-12
                && abs(forecast.expectedPurchases[index] - pAlive * expected) < 1e-11
                && abs(forecast.returnProbability[index] - pAlive * returns) < 1e-12
        }
        #expect(isEqual)
    }
}

/// Fader, Hardie & Lee 2005, equation 10, with the plain power series.
private func closedExpectation(
    _ model: BetaGeometricModel,
    x: Int32,
    age: Int32,
    days: Double
) -> Double {
    let scale = model.alpha + Double(age)
    let z = days / (scale + days)
    let (one, two) = (model.r + Double(x), model.b + Double(x))
    let three = model.a + model.b + Double(x) - 1
    var (term, sum, n) = (1.0, 1.0, 0.0)
    while abs(term) > 1e-17 * abs(sum) || n < 10 {
        term *= (one + n) * (two + n) / ((three + n) * (n + 1)) * z
        sum += term
        n += 1
    }
    return three / (model.a - 1) * (1 - pow(scale / (scale + days), one) * sum)
}

/// The sum over n of P(Y >= n): being active after n - 1 purchases, and at least n arrivals.
private func sumOfTails(
    _ model: BetaGeometricModel,
    x: Int32,
    age: Int32,
    days: Double
) -> Double {
    let shape = model.r + Double(x)
    let scale = model.alpha + Double(age)
    let (stay, go) = (scale / (scale + days), days / (scale + days))
    let b = model.b + Double(x)
    var (stillActive, mass, tail, sum, n) = (1.0, pow(stay, shape), 1.0, 0.0, 0.0)
    while tail > 1e-15 && n < 100_000 {
        tail -= mass
        n += 1
        mass *= (shape + n - 1) / n * go
        sum += stillActive * max(0, tail)
        stillActive *= (b + n - 1) / (model.a + b + n - 1)
    }
    return sum
}
