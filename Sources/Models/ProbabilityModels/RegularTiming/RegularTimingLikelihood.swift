import Glibc
package import Modeling
import Numerics
package import Parallel

/// The log-likelihood of MBG/CNBD-k, of data in weeks.
///
/// A point is ln r, ln alpha (in days), ln a, ln b. With R = r + k x a customer contributes
/// ln B(a, b + x + 1) - ln B(a, b) + ln G(R) - ln G(r) + r ln alpha - R ln(alpha + T) + ln(S1 + S2),
/// where S2 belongs to those who are active, in any of the k phases since the last purchase, and S1 to
/// those who left after it. Gaps matter only through the sum of their logarithms, a constant.
package struct RegularTimingLikelihood: Likelihood {
    package let customers: Int
    private let regularity: Int
    private let patterns: PurchasePatterns
    private let weightOfRepeats: [Double]

    package init(_ patterns: PurchasePatterns, regularity: Int) {
        precondition(RegularTimingFamily.regularities.contains(regularity))
        self.patterns = patterns
        self.regularity = regularity
        customers = patterns.customers
        weightOfRepeats = patterns.weightOfRepeats
    }

    package func sample(_ customers: Int) -> RegularTimingLikelihood {
        RegularTimingLikelihood(patterns.sample(customers), regularity: regularity)
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (r, alpha, a, b) = (exp(point[0]), exp(point[1]), exp(point[2]), exp(point[3]))
        let patterns = patterns
        let k = regularity
        let tables = Tables(
            dropOut: weightOfRepeats.indices.map { log(a) - log(b + Double($0)) },
            inverse: weightOfRepeats.indices.map { 1 / (b + Double($0)) },
            logTime: patterns.days.map { log(alpha + Double($0)) },
            inverseTime: patterns.days.map { 1 / (alpha + Double($0)) }
        )
        let sums = team.sum(over: patterns.count) { range in
            addUp(
                patterns.repeats.span.extracting(range),
                patterns.recency.span.extracting(range),
                patterns.age.span.extracting(range),
                patterns.weight.span.extracting(range),
                patterns.days.span,
                tables.dropOut.span,
                tables.inverse.span,
                tables.logTime.span,
                tables.inverseTime.span,
                r: r,
                regularity: k
            )
        }
        let byRepeats = termsOfRepeats(r, a, b)
        let count = Double(customers)
        gradient[0] = r * (byRepeats[1] + count * point[1] + sums[1])
        gradient[1] = count * r + alpha * sums[2]
        gradient[2] = a * byRepeats[2] + sums[3]
        gradient[3] = b * (byRepeats[3] - sums[4])
        return byRepeats[0] + count * r * point[1] + sums[0] + logDensityOfGaps
    }

    /// What the gaps add that no parameter changes, of gaps in weeks.
    private var logDensityOfGaps: Double {
        let k = Double(regularity)
        return (k - 1) * patterns.totalLogGap
            + patterns.totalRepeats * (log(7.0) - logGamma(k))
    }

    /// The sum of ln G(R) - ln G(r) + ln B(a, b + x + 1) - ln B(a, b), and its derivatives by r, a, b.
    private func termsOfRepeats(_ r: Double, _ a: Double, _ b: Double) -> SIMD4<Double> {
        let (gammaR, betaAB) = (logGamma(r), logBeta(a, b))
        let (psiR, psiA, psiB, psiAB) = (digamma(r), digamma(a), digamma(b), digamma(a + b))
        var sums = SIMD4<Double>()
        for repeats in weightOfRepeats.indices where weightOfRepeats[repeats] > 0 {
            let shape = r + Double(regularity * repeats)
            let chances = Double(repeats + 1)
            let psiABC = digamma(a + b + chances)
            let terms = SIMD4(
                logGamma(shape) - gammaR + logBeta(a, b + chances) - betaAB,
                digamma(shape) - psiR,
                psiA - psiABC - (psiA - psiAB),
                digamma(b + chances) - psiABC - (psiB - psiAB)
            )
            sums += weightOfRepeats[repeats] * terms
        }
        return sums
    }

    private struct Tables: Sendable {
        /// By x: ln a - ln(b + x) and 1 / (b + x).
        let dropOut: [Double]
        let inverse: [Double]
        /// By time t: ln(alpha + t) and 1 / (alpha + t).
        let logTime: [Double]
        let inverseTime: [Double]
    }
}

/// Sums over patterns of ln(S1 + S2) - R ln(alpha + T), its derivatives by r and alpha, and, with p
/// the share of S1, the sums of p and of p / (b + x).
///
/// S1 = a / (b + x) ((alpha + T) / (alpha + t_x))^R; S2 as in `PhaseSum`.
private func addUp(
    _ repeats: Span<Int32>,
    _ recency: Span<Int32>,
    _ age: Span<Int32>,
    _ weight: Span<Double>,
    _ days: Span<Int32>,
    _ dropOut: Span<Double>,
    _ inverse: Span<Double>,
    _ logTime: Span<Double>,
    _ inverseTime: Span<Double>,
    r: Double,
    regularity: Int
) -> SIMD8<Double> {
    var (value, slopeR, slopeAlpha, slopeA, slopeB) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in repeats.indices {
        let x = Int(repeats[index])
        let (last, now) = (Int(recency[index]), Int(age[index]))
        let shape = r + Double(regularity * x)
        let idle = Double(days[now] - days[last]) * inverseTime[now]
        let active = PhaseSum(shape: shape, idle: idle, regularity: regularity)
        let logActive = log(active.value)
        let passed = logTime[now] - logTime[last]
        let gap = dropOut[x] + shape * passed - logActive
        let small = exp(-gap.magnitude)
        let larger = 1 / (1 + small)
        let (left, stays) = gap > 0 ? (larger, small * larger) : (small * larger, larger)
        let top = gap > 0 ? gap + logActive : logActive
        let share = stays / active.value
        let w = weight[index]
        value += w * (top + log(1 + small) - shape * logTime[now])
        slopeR += w * (left * passed + share * active.byShape - logTime[now])
        let byAlpha =
            left * shape * (inverseTime[now] - inverseTime[last])
            - (share * active.byIdle * idle + shape) * inverseTime[now]
        slopeAlpha += w * byAlpha
        slopeA += w * left
        slopeB += w * left * inverse[x]
    }
    return [value, slopeR, slopeAlpha, slopeA, slopeB, 0, 0, 0]
}
