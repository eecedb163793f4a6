import Glibc
import Numerics
import Testing

@Suite struct RandomSourceTests {
    @Test("the same seed gives the same draws, another seed others")
    func seeds() {
        var (one, same, other) = (
            RandomSource(seed: 7), RandomSource(seed: 7), RandomSource(seed: 8)
        )
        let draws = (0..<100).map { _ in one.next() }
        #expect(draws == (0..<100).map { _ in same.next() })
        #expect(draws != (0..<100).map { _ in other.next() })
    }

    @Test("the first draws are those of the published algorithms")
    func reference() {
        // SplitMix64 from 0 gives these four words, the state that xoshiro256++ starts from.
        let state: [UInt64] = [
            0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F,
            0xF88B_B8A8_724C_81EC,
        ]
        let sum = state[0] &+ state[3]
        var random = RandomSource(seed: 0)
        #expect(random.next() == ((sum << 23) | (sum >> 41)) &+ state[0])
    }

    @Test(
        "gamma draws have the mean and variance of the law",
        arguments: [(0.05, 2.0), (0.9, 60), (1, 1), (7.5, 0.1)]
    )
    func gamma(shape: Double, rate: Double) {
        var random = RandomSource(seed: 11)
        let draws = (0..<200_000).map { _ in random.gamma(shape: shape, rate: rate) }
        expectMoments(
            draws,
            mean: shape / rate,
            variance: shape / rate / rate,
            fourth: 3 + 6 / shape
        )
    }

    @Test(
        "beta draws have the mean and variance of the law",
        arguments: [(0.8, 2.5), (30, 4), (0.1, 0.1)]
    )
    func beta(a: Double, b: Double) {
        var random = RandomSource(seed: 12)
        let draws = (0..<200_000).map { _ in random.beta(a, b) }
        let total = a + b
        let variance = a * b / (total * total * (total + 1))
        expectMoments(draws, mean: a / total, variance: variance, fourth: 6)
    }

    @Test(
        "Poisson draws have the mean and variance of the law",
        arguments: [0.1, 3, 15.9, 16.1, 700]
    )
    func poisson(mean: Double) {
        var random = RandomSource(seed: 13)
        let draws = (0..<100_000).map { _ in Double(random.poisson(mean: mean)) }
        expectMoments(draws, mean: mean, variance: mean, fourth: 3 + 1 / mean)
    }

    @Test(
        "binomial draws have the mean and variance of the law",
        arguments: [(5, 0.3), (17, 0.5), (900, 0.02)]
    )
    func binomial(trials: Int, probability: Double) {
        var random = RandomSource(seed: 14)
        let draws = (0..<100_000).map { _ in
            Double(random.binomial(trials, probability: probability))
        }
        let mean = Double(trials) * probability
        expectMoments(draws, mean: mean, variance: mean * (1 - probability), fourth: 4)
    }

    @Test("uniform draws stay inside (0, 1) and normal draws have mean 0 and variance 1")
    func uniformAndNormal() {
        var random = RandomSource(seed: 15)
        let uniform = (0..<200_000).map { _ in random.uniform() }
        #expect(uniform.allSatisfy { $0 > 0 && $0 < 1 })
        expectMoments(uniform, mean: 0.5, variance: 1.0 / 12, fourth: 1.8)
        expectMoments((0..<200_000).map { _ in random.normal() }, mean: 0, variance: 1, fourth: 3)
    }

    /// Mean and variance within five standard errors; `fourth` is the law's kurtosis.
    private func expectMoments(_ draws: [Double], mean: Double, variance: Double, fourth: Double) {
        let n = Double(draws.count)
        let observed = draws.reduce(0, +) / n
        let spread = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        #expect(abs(observed - mean) < 5 * (variance / n).squareRoot())
        #expect(abs(spread - variance) < 5 * variance * ((fourth - 1) / n).squareRoot())
    }
}
