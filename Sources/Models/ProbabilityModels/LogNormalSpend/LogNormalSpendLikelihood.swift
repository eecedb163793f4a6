import Glibc
package import Modeling
package import Parallel

/// The log-likelihood of customers' mean spend under the log-normal spend model.
///
/// With V the variance between days, s = ln(1 + (e^V - 1) / x) is that of the logarithm of a mean of
/// x days (Fenton 1960), so ln m is normal with mean level + slope ln(1 + x) + V/2 - s/2 and variance
/// sigma_between^2 + s. A point is level, slope, ln sigma_between, ln sigma_within.
package struct LogNormalSpendLikelihood: Likelihood {
    package let customers: Int
    /// The exponential of the mean ln m.
    package let typicalSpend: Double
    private let patterns: SpendPatterns
    private let logMeans: [Double]

    package init(_ patterns: SpendPatterns) {
        self.patterns = patterns
        customers = patterns.customers
        logMeans = patterns.meanSpend.map { log($0) }
        var sum = 0.0
        for index in 0..<patterns.count { sum += patterns.weight[index] * logMeans[index] }
        typicalSpend = exp(sum / Double(max(1, customers)))
    }

    package func sample(_ customers: Int) -> LogNormalSpendLikelihood {
        LogNormalSpendLikelihood(patterns.sample(customers))
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (level, slope) = (point[0], point[1])
        let (between, within) = (exp(2 * point[2]), exp(2 * point[3]))
        let (patterns, logMeans) = (patterns, logMeans)
        // By x: ln(1 + x), s, and the derivative of s by V.
        let largest = Int(patterns.days.max() ?? 0)
        let table = (0...largest).map { x -> SIMD4<Double> in
            let days = Double(max(1, x))
            return [
                log1p(days), log1p(expm1(within) / days), exp(within) / (days + expm1(within)), 0,
            ]
        }
        let sums = team.sum(over: patterns.count) { range in
            var sums = SIMD8<Double>()
            for index in range {
                let terms = table[Int(patterns.days[index])]
                let (logFrequency, noise, noiseByWithin) = (terms[0], terms[1], terms[2])
                let variance = between + noise
                let mean = level + slope * logFrequency + within / 2 - noise / 2
                let residual = logMeans[index] - mean
                let byMean = residual / variance
                let byVariance = (residual * byMean - 1) / (2 * variance)
                let value = -(log(2 * .pi * variance) + residual * byMean) / 2 - logMeans[index]
                let byWithin = byMean * (1 - noiseByWithin) / 2 + byVariance * noiseByWithin
                let all: SIMD8<Double> = [
                    value, byMean, byMean * logFrequency, byVariance, byWithin, 0, 0, 0,
                ]
                sums += patterns.weight[index] * all
            }
            return sums
        }
        gradient[0] = sums[1]
        gradient[1] = sums[2]
        gradient[2] = 2 * between * sums[3]
        gradient[3] = 2 * within * sums[4]
        return sums[0]
    }
}
