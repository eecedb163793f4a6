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
        arguments: [
            (0, 0, 40, DropOutRule.afterRepeatPurchases, -0.59947382, 5e-9),
            (200, 38, 40, .afterRepeatPurchases, 100.79569, 5e-6),
            (0, 0, 40, .afterEveryPurchase, -0.41792826, 5e-9),
            (200, 38, 40, .afterEveryPurchase, 100.78691, 5e-6),
        ]
    )
    func points(
        x: Int32,
        recency: Int32,
        age: Int32,
        rule: DropOutRule,
        published: Double,
        within: Double
    ) throws {
        let patterns = PurchasePatterns(customer(x, 7 * recency, 7 * age))
        var gradient = [0.0, 0, 0, 0]
        let value = BetaGeometricLikelihood(patterns, rule).evaluate(
            [log(0.25), log(28), log(0.8), log(2.5)],
            &gradient,
            ThreadTeam()
        )
        #expect(abs(value - published) <= within)
    }

    @Test("customers of the published walk-through have the published forecasts")
    func walkThrough() {
        #expect(abs(published.expectedPurchases(.new, within: 364) - 1.444015) < 2e-6)
        let heavy = PurchaseHistory(repeats: 26, recency: 216, age: 217)
        let pAlive = published.pAlive(heavy)
        // Published with t_x rounded to 30.857 weeks and parameters to three or four digits.
        #expect(abs(pAlive - 0.968852) < 4e-6)
        #expect(abs(published.expectedPurchases(heavy, within: 364) - 25.7566) < 1e-3)
        let second = PurchaseHistory(repeats: 2, recency: 213, age: 272)
        #expect(abs(published.expectedPurchases(second, within: 273) - 1.226) < 6e-4)
    }

    @Test("a new customer of MBG/NBD is expected to buy as often as published")
    func modified() {
        let model = BetaGeometricModel(
            r: 0.524843,
            alphaWeeks: 6.183084,
            a: 0.89136,
            b: 1.614003,
            .afterEveryPurchase
        )
        #expect(abs(model.expectedPurchases(.new, within: 364) - 1.418884) < 2e-6)
    }

    @Test(
        "more purchases long ago mean less in the future",
        arguments: [
            (10, 0.3475, 5e-5), (15, 0.0428, 5e-5), (20, 0.004159, 5e-7), (25, 0.0003584, 5e-8),
        ]
    )
    func paradox(x: Int32, value: Double, within: Double) {
        let history = PurchaseHistory(repeats: x, recency: 140, age: 273)
        #expect(abs(published.expectedPurchases(history, within: 364) - value) <= within)
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
}

extension BetaGeometricModel {
    fileprivate func expectedWhenActive(repeats: Int32, age: Int32, days: Double) -> Double {
        outlook(repeats: repeats).expectedPurchases(phase: 0, age: age, days: days)
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
