import Glibc
package import Modeling
import Numerics
package import Parallel

/// The log-likelihood of the gamma-gamma model (Fader & Hardie 2013, note 025, equation 1a).
///
/// A point is ln p, ln(q - 1), ln v; x is the number of days that a mean is of. Only ln(v + x m) with m the mean spend depends on parameters and
/// pattern at once; the rest is a table by x and sums that never change.
package struct GammaGammaLikelihood: Likelihood {
    package let customers: Int
    /// The exponential of the mean ln m.
    package let typicalSpend: Double
    private let patterns: SpendPatterns
    private let weightOfDays: [Double]
    /// The sums of x ln(x m) and of ln m.
    private let sumOfTotals: Double
    private let sumOfMeans: Double

    package init(_ patterns: SpendPatterns) {
        self.patterns = patterns
        customers = patterns.customers
        var histogram = [Double](repeating: 0, count: Int(patterns.days.max() ?? 0) + 1)
        var (totals, means) = (0.0, 0.0)
        for index in 0..<patterns.count {
            let weight = patterns.weight[index]
            let x = Double(patterns.days[index])
            histogram[Int(patterns.days[index])] += weight
            totals += weight * x * (log(x) + log(patterns.meanSpend[index]))
            means += weight * log(patterns.meanSpend[index])
        }
        weightOfDays = histogram
        sumOfTotals = totals
        sumOfMeans = means
        typicalSpend = exp(means / Double(max(1, customers)))
    }

    package func sample(_ customers: Int) -> GammaGammaLikelihood {
        GammaGammaLikelihood(patterns.sample(customers))
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (p, v) = (exp(point[0]), exp(point[2]))
        let excess = exp(point[1])
        let q = 1 + excess
        let patterns = patterns
        let sums = team.sum(over: patterns.count) { range in
            addUp(
                patterns.days.span.extracting(range),
                patterns.meanSpend.span.extracting(range),
                patterns.weight.span.extracting(range),
                v: v
            )
        }
        let byDays = termsOfDays(p, q)
        let count = Double(customers)
        gradient[0] = p * (byDays[1] + sumOfTotals - sums[0])
        gradient[1] = excess * (byDays[2] + count * point[2] - sums[1])
        gradient[2] = count * q - v * (p * sums[2] + q * sums[3])
        return byDays[0] + count * q * point[2] + p * sumOfTotals - sumOfMeans
            - p * sums[0] - q * sums[1]
    }

    /// The sum of ln G(p x + q) - ln G(p x) - ln G(q), and its derivatives by p and q.
    private func termsOfDays(_ p: Double, _ q: Double) -> SIMD4<Double> {
        let (gammaQ, psiQ) = (logGamma(q), digamma(q))
        var sums = SIMD4<Double>()
        for x in 1..<max(1, weightOfDays.count) where weightOfDays[x] > 0 {
            let shape = p * Double(x)
            let psiShape = digamma(shape + q)
            let terms = SIMD4(
                logGamma(shape + q) - logGamma(shape) - gammaQ,
                Double(x) * (psiShape - digamma(shape)),
                psiShape - psiQ,
                0
            )
            sums += weightOfDays[x] * terms
        }
        return sums
    }
}

/// Sums over patterns, with s = v + x m: x ln s, ln s, x / s, 1 / s.
private func addUp(
    _ days: Span<Int32>,
    _ meanSpend: Span<Double>,
    _ weight: Span<Double>,
    v: Double
) -> SIMD8<Double> {
    var (xLogs, logs, xInverses, inverses) = (0.0, 0.0, 0.0, 0.0)
    for index in days.indices {
        let x = Double(days[index])
        let total = v + x * meanSpend[index]
        let logTotal = weight[index] * log(total)
        let inverse = weight[index] / total
        xLogs += x * logTotal
        logs += logTotal
        xInverses += x * inverse
        inverses += inverse
    }
    return [xLogs, logs, xInverses, inverses, 0, 0, 0, 0]
}
