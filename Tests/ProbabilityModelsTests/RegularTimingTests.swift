import Domain
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import Testing

@Suite struct RegularTimingTests {
    @Test(
        "single customers have the known log-likelihoods",
        arguments: [(3 as Int32, -10.5393707773), (4, -12.3096334148)]
    )
    func points(x: Int32, known: Double) {
        // Published in a unit of its own, here taken for days, with 3 as the sum of ln(gap).
        var summaries = customer(x, 12, 14)
        summaries.totalLogGap = 3
        let likelihood = RegularTimingLikelihood(PurchasePatterns(summaries), regularity: 3)
        var gradient = [0.0, 0, 0, 0]
        let point = [log(0.5), log(2), log(0.3), log(0.6)]
        let value = likelihood.evaluate(point, &gradient, ThreadTeam())
        #expect(abs(value - Double(x) * log(7.0) - known) < 1e-9)
    }

    @Test("probabilities of counts are the published ones")
    func published() {
        // A new customer within ten units of time.
        let model = RegularTimingModel(regularity: 3, r: 0.5, alphaWeeks: 2.0 / 7, a: 0.3, b: 0.6)
        #expect(abs(model.counts(.new, within: 10).probability(of: 2) - 0.04548) < 5e-6)
    }

    @Test("with k = 1 it is MBG/NBD")
    func limit() throws {
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
        let point = [0.3, 3.5, -0.4, 0.8]
        var (one, other) = (point, point)
        let value = RegularTimingLikelihood(patterns, regularity: 1)
            .evaluate(point, &one, ThreadTeam())
        let plain = BetaGeometricLikelihood(patterns, .afterEveryPurchase)
            .evaluate(point, &other, ThreadTeam())
        #expect(abs(value - plain) < 1e-10 * abs(plain))
        #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-10 * abs(plain) })
        let regular = RegularTimingModel(regularity: 1, r: 0.7, alphaWeeks: 6, a: 1, b: 2)
        let modified = BetaGeometricModel(r: 0.7, alphaWeeks: 6, a: 1, b: 2, .afterEveryPurchase)
        for index in 0..<50 {
            let history = PurchaseHistory(
                repeats: summaries.repeats[index],
                recency: summaries.recency[index],
                age: summaries.age[index]
            )
            #expect(abs(regular.pAlive(history) - modified.pAlive(history)) < 1e-10)
            for days in [7.0, 365] {
                let expected = modified.expectedPurchases(history, within: days)
                let value = regular.expectedPurchases(history, within: days)
                #expect(abs(value - expected) < 1e-10 * max(1, expected))
                let returns = modified.returnProbability(history, within: days)
                #expect(abs(regular.returnProbability(history, within: days) - returns) < 1e-10)
            }
        }
    }
}
