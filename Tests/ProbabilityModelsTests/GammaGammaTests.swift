import Domain
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import Testing

@Suite struct GammaGammaTests {
    @Test("one customer's log-likelihood is that of the definition")
    func definition() {
        // The integral over nu of gamma(z | p x, nu x) gamma(nu | q, v), by the midpoint rule.
        let (p, q, v, x, mean) = (2.5, 3.0, 12.0, 3.0, 9.0)
        var likelihood = 0.0
        let step = 1e-4
        for index in 0..<100_000 {
            let nu = (Double(index) + 0.5) * step
            let spend =
                p * x * log(nu * x) + (p * x - 1) * log(mean) - nu * x * mean - lgamma(p * x)
            let mixing = q * log(v) + (q - 1) * log(nu) - v * nu - lgamma(q)
            likelihood += exp(spend + mixing) * step
        }
        var gradient = [0.0, 0, 0]
        let value = GammaGammaLikelihood(SpendPatterns(customer(3, 10, 20, mean: mean)))
            .evaluate([log(p), log(q - 1), log(v)], &gradient, ThreadTeam())
        #expect(abs(value - log(likelihood)) < 1e-7)
    }

    @Test("the forecast goes from the population's mean to the customer's own")
    func shrinkage() {
        let model = GammaGammaModel(p: 6.25, q: 3.74, v: 15.44)
        #expect(model.averageSpend(days: 0, meanSpend: .nan) == model.populationMean)
        #expect(abs(model.populationMean - 35.219) < 0.001)
        let means = [1, 10, 100, 10_000].map { model.averageSpend(days: $0, meanSpend: 80) }
        #expect(means == means.sorted())
        #expect(abs(means[3] - 80) < 0.01)
        #expect(model.averageSpend(days: 2, meanSpend: -50) > 0)
    }

    @Test("a population without a mean is kept just above the edge")
    func heavyTail() throws {
        let fit = try GammaGammaFamily()
            .fit(simulateSpend(5000, p: 2, q: 0.5, v: 10, seed: 4), .none, control())
        #expect((fit.parameters["q"] ?? 0) > 1)
        #expect(fit.warnings.map(\.code) == ["parameter_at_bound"])
    }

    @Test("amounts of any size are fitted alike", arguments: [1e-6, 1, 1e9])
    func scale(unit: Double) throws {
        let fit = try GammaGammaFamily()
            .fit(simulateSpend(3000, p: 3, q: 4, v: 30 * unit, seed: 6), .none, control())
        let reference = try GammaGammaFamily()
            .fit(simulateSpend(3000, p: 3, q: 4, v: 30, seed: 6), .none, control())
        let (q, other) = (fit.parameters["q"] ?? 0, reference.parameters["q"] ?? 1)
        #expect(fit.converged && abs(q - other) < 1e-4 * other)
    }
}
