import Modeling
import Testing

@Suite struct CountDistributionTests {
    /// 0, 1, 2 and 3 with probabilities .5, .25, .125 and .125.
    private let counts = CountDistribution(atLeast: [1, 0.5, 0.25, 0.125])

    @Test("probabilities and mean follow from the tails")
    func probabilities() {
        #expect([-1, 0, 1, 2, 3, 4].map(counts.probability) == [0, 0.5, 0.25, 0.125, 0.125, 0])
        #expect(counts.mean == 0.875)
    }

    @Test(
        "a quantile is the smallest count that is not exceeded that often",
        arguments: [
            (0.0, 0), (0.5, 0), (0.51, 1), (0.75, 1), (0.8, 2), (0.875, 2), (0.9, 3), (1, 3),
        ]
    )
    func quantiles(share: Double, count: Int) {
        #expect(counts.quantile(share) == count)
    }

    @Test("the score is the squared distance between the distribution and the outcome's step")
    func score() {
        for outcome in 0...6 {
            let direct = (0...10).reduce(0.0) { sum, n in
                let below = (0...n).reduce(0) { $0 + counts.probability(of: $1) }
                let error = below - (outcome <= n ? 1 : 0)
                return sum + error * error
            }
            #expect(abs(counts.crps(of: outcome) - direct) < 1e-15)
        }
    }

    @Test("a mixture gives the rest to zero")
    func mixture() {
        let mixed = CountDistribution(mixing: [
            (0.5, counts), (0.25, CountDistribution(atLeast: [1, 1])),
        ])
        #expect(mixed.atLeast == [1, 0.5, 0.125, 0.0625])
        #expect(CountDistribution(mixing: []).quantile(0.9) == 0)
    }
}
