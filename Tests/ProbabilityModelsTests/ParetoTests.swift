import Domain
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Testing

@Suite struct ParetoTests {
    /// The published walk-through's, to the digits that it prints.
    private let published = ParetoModel(r: 0.5533, alphaWeeks: 10.578, s: 0.6061, betaWeeks: 11.669)
    /// The optimum of the CDNOW sample.
    private let optimum = ParetoModel(
        r: 0.553277,
        alphaWeeks: 10.577683,
        s: 0.606240,
        betaWeeks: 11.668738
    )

    @Test("customers of the published walk-through have the published forecasts")
    func walkThrough() {
        #expect(abs(optimum.expectedPurchases(.new, within: 364) - 1.473434) < 1e-6)
        let idle = PurchaseHistory(repeats: 10, recency: 140, age: 273)
        #expect(abs(optimum.expectedPurchases(idle, within: 364) - 0.70589) < 5e-6)
        let heavy = PurchaseHistory(repeats: 26, recency: 216, age: 217)
        #expect(abs(published.pAlive(heavy) - 0.997874) < 5e-7)
        #expect(abs(published.expectedPurchases(heavy, within: 364) - 25.4565) < 5.1e-5)
        #expect(abs(optimum.expectedPurchases(heavy, within: 364) - 25.4551) < 1e-4)
    }

    @Test(
        "more purchases long ago mean less in the future",
        // Printed beside parameters with fewer digits than they were worked out with.
        arguments: [
            (10, 0.7062, 1e-4), (15, 0.1442, 5e-5), (20, 0.02251, 1.1e-5), (25, 0.003093, 2e-6),
        ]
    )
    func paradox(x: Int32, value: Double, within: Double) {
        let history = PurchaseHistory(repeats: x, recency: 140, age: 273)
        #expect(abs(published.expectedPurchases(history, within: 364) - value) <= within)
    }

    @Test(
        "heavy buyers, for whom the textbook's formula overflows, are alive as known",
        arguments: [
            (221, 10_342_857, 10_357_143, 0.9995960523), (254, 9_714_286, 9_728_571, 0.9995582261),
            (161, 9_471_429, 9_800_000, 0.7494877523), (204, 9_857_143, 9_942_857, 0.9942550796),
        ]
    )
    func overflow(x: Int32, recency: Int32, age: Int32, known: Double) {
        // Known in weeks with five decimals, so the model's days are as many parts of a week here.
        let days = 1e5 / 7
        let model = ParetoModel(
            r: 0.5143,
            alphaWeeks: 2.8845 * days,
            s: 0.2856,
            betaWeeks: 14.1087 * days
        )
        let history = PurchaseHistory(repeats: x, recency: recency, age: age)
        #expect(abs(model.pAlive(history) - known) < 6e-11)
    }

    @Test(
        "purchases for ever, discounted, are the known ones",
        arguments: [
            (0, 0, 38_860, 0.4769155), (2, 30_430, 38_860, 6.4820332),
            (7, 35_000, 38_860, 20.6525086), (26, 30_857, 31_000, 86.0241772),
            (7, 35_000, 77_860, 0.8918760),
        ]
    )
    func discountedResidual(x: Int32, recency: Int32, age: Int32, known: Double) {
        // Known in weeks with three decimals, so the model's days are thousandths of a week here.
        let model = ParetoModel(
            r: 0.553277,
            alphaWeeks: 10.577683 * 1000 / 7,
            s: 0.606240,
            betaWeeks: 11.668738 * 1000 / 7
        )
        let history = PurchaseHistory(repeats: x, recency: recency, age: age)
        let value = model.discountedPurchases(history, dailyRate: 0.0027 / 1000)
        #expect(abs(value - known) < 6e-8)
    }

    @Test(
        "the likelihood is the definition's, integrated by brute force",
        arguments: [(0, 0, 90), (3, 40, 90), (20, 85, 90), (2, 90, 90)]
    )
    func definition(x: Int32, recency: Int32, age: Int32) {
        let (r, alpha, s, beta) = (0.7, 30.0, 0.9, 50.0)
        let shape = r + Double(x)
        var left = 0.0
        let step = Double(age - recency) / 100_000
        for index in 0..<100_000 {
            let y = Double(recency) + (Double(index) + 0.5) * step
            left += step * s * exp(-shape * log(alpha + y) - (s + 1) * log(beta + y))
        }
        let active = exp(-shape * log(alpha + Double(age)) - s * log(beta + Double(age)))
        let direct =
            logGamma(shape) - logGamma(r) + r * log(alpha) + s * log(beta) + log(active + left)
        var gradient = [0.0, 0, 0, 0]
        let value = ParetoLikelihood(PurchasePatterns(customer(x, recency, age)))
            .evaluate([log(r), log(alpha), log(s), log(beta)], &gradient, ThreadTeam())
        #expect(abs(value - Double(x) * log(7.0) - direct) < 1e-8)
    }

    @Test("P(n or more) is the integral over the arrival of the n-th of being active then")
    func tails() {
        let model = ParetoModel(r: 2.3, alphaWeeks: 6, s: 1.7, betaWeeks: 20)
        let counts = model.outlook(repeats: 4).counts(phase: 0, age: 70, days: 200)
        let (shape, scale, life) = (6.3, 112.0, 210.0)
        for n in [1.0, 2, 5, 12, 30] {
            let scaled = logGamma(shape + n) - logGamma(shape) - logGamma(n) + shape * log(scale)
            var tail = 0.0
            for index in 0..<20_000 {
                let w: Double = (Double(index) + 0.5) / 100
                let arrival: Double = scaled + (n - 1) * log(w) - (shape + n) * log(scale + w)
                tail += exp(arrival - model.s * log1p(w / life)) / 100
            }
            #expect(abs(counts.atLeast[Int(n)] - tail) < 1e-7, "n \(n)")
        }
    }

    @Test("nothing happens at s = 1")
    func removable() {
        let values = [1 - 1e-9, 1, 1 + 1e-9].map { s in
            ParetoModel(r: 0.6, alphaWeeks: 9, s: s, betaWeeks: 12)
                .expectedPurchases(.new, within: 365)
        }
        #expect(abs(values[0] - values[1]) < 1e-8 && abs(values[2] - values[1]) < 1e-8)
    }
}
