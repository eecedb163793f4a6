import Domain
import Glibc
import Modeling
import Numerics
import ProbabilityModels
import Testing

/// A spend family as the suite sees it.
struct SpendCase: Sendable, CustomTestStringConvertible {
    var family: any SpendFamily
    var likelihood: @Sendable (CustomerSummaries) -> any Likelihood
    /// Three sets of parameters, in the order of the likelihood's point.
    var truths: [[Double]]
    var point: @Sendable ([Double]) -> [Double]
    var world: @Sendable (_ count: Int, _ truth: [Double], _ seed: UInt64) -> CustomerSummaries
    /// Parameters at the ends of their ranges.
    var extremes: [[String: Double]]

    var testDescription: String { family.name }

    var customers: CustomerSummaries { world(600, truths[0], 12) }

    static let all = [
        gammaGamma(GammaGammaFamily(), .repeatDays),
        gammaGamma(GammaGammaAllDaysFamily(), .allDays),
        logNormal,
    ]

    private static func gammaGamma(_ family: any SpendFamily, _ basis: SpendBasis) -> SpendCase {
        SpendCase(
            family: family,
            likelihood: { GammaGammaLikelihood(SpendPatterns($0, basis)) },
            truths: [[6.25, 3.74, 15.4], [1.2, 1.8, 200], [15, 8, 0.5]],
            point: { [log($0[0]), log($0[1] - 1), log($0[2])] },
            world: { gammaGammaCustomers($0, $1, basis, seed: $2) },
            extremes: [
                ["p": 0.01, "q": 1.001, "v": 1e-6], ["p": 1e4, "q": 1e4, "v": 1e9],
                ["p": 1e-2, "q": 1e4, "v": 1], ["p": 1e4, "q": 1.001, "v": 1],
            ]
        )
    }

    private static let logNormal = SpendCase(
        family: LogNormalSpendFamily(),
        likelihood: { LogNormalSpendLikelihood(SpendPatterns($0)) },
        truths: [[3, 0.4, 0.6, 0.5], [1, -0.3, 0.3, 1], [7, 0, 1, 0.2]],
        point: { [$0[0], $0[1], log($0[2]), log($0[3])] },
        world: { logNormalCustomers($0, $1, seed: $2) },
        extremes: [
            ["level": 14, "slope": 1, "sigma_between": 5, "sigma_within": 5],
            ["level": -14, "slope": -6.9, "sigma_between": 1e-3, "sigma_within": 1e-3],
            ["level": 0, "slope": 1, "sigma_between": 1e-3, "sigma_within": 5],
        ]
    )
}

/// Customers with one to eight days of a gamma-gamma world, to which the first day belongs or not.
private func gammaGammaCustomers(
    _ count: Int,
    _ truth: [Double],
    _ basis: SpendBasis,
    seed: UInt64
) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    var (repeats, means, totals): ([Int32], [Double], [Double]) = ([], [], [])
    for _ in 0..<count {
        let days = 1 + Int32(random.next() % 8)
        let scale = random.gamma(shape: truth[1], rate: truth[2])
        let total = random.gamma(shape: truth[0] * Double(days), rate: scale)
        let first = basis == .allDays ? total / Double(days) : random.uniform()
        repeats.append(basis == .allDays ? days - 1 : days)
        means.append(basis == .allDays ? .nan : total / Double(days))
        totals.append(basis == .allDays ? total : total + first)
    }
    return spenders(repeats, means, totals)
}

/// Customers whose mean spend follows the law of the log-normal model.
private func logNormalCustomers(
    _ count: Int,
    _ truth: [Double],
    seed: UInt64
) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    var (repeats, means): ([Int32], [Double]) = ([], [])
    let within = truth[3] * truth[3]
    for _ in 0..<count {
        let days = 1 + Int32(random.next() % 8)
        let noise = log1p(expm1(within) / Double(days))
        let level = truth[0] + truth[1] * log1p(Double(days)) + truth[2] * random.normal()
        repeats.append(days)
        means.append(exp(level + within / 2 - noise / 2 + noise.squareRoot() * random.normal()))
    }
    return spenders(repeats, means, zip(repeats, means).map { Double($0 + 1) * $1 })
}

private func spenders(
    _ repeats: [Int32],
    _ means: [Double],
    _ totals: [Double]
) -> CustomerSummaries {
    CustomerSummaries(
        repeats: repeats,
        recency: repeats.map { $0 * 30 },
        age: repeats.map { $0 * 40 },
        meanSpend: means,
        historicSpend: totals
    )
}
