import Glibc
package import Modeling
import Numerics
package import Parallel

/// The log-likelihood of BG/NBD (Fader, Hardie & Lee 2005, equation 6) and of MBG/NBD, of data in
/// weeks.
///
/// They differ in how often a customer could have left: c = x or x + 1 times. A point is ln r, ln alpha (in days), ln a, ln b. What depends on x alone is tabulated by x and
/// summed over a histogram, logarithms of times over the different times, so a pattern costs one exp and one log.
package struct BetaGeometricLikelihood: Likelihood {
    package let customers: Int
    private let patterns: PurchasePatterns
    private let rule: DropOutRule
    private let weightOfRepeats: [Double]

    package init(_ patterns: PurchasePatterns, _ rule: DropOutRule = .afterRepeatPurchases) {
        self.patterns = patterns
        self.rule = rule
        customers = patterns.customers
        weightOfRepeats = patterns.weightOfRepeats
    }

    package func sample(_ customers: Int) -> BetaGeometricLikelihood {
        BetaGeometricLikelihood(patterns.sample(customers), rule)
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (r, alpha, a, b) = (exp(point[0]), exp(point[1]), exp(point[2]), exp(point[3]))
        let chances = weightOfRepeats.indices.map { rule.chances(repeats: $0) }
        let tables = Tables(
            dropOut: chances.map { $0 == 0 ? -.infinity : log(a) - log(b + $0 - 1) },
            inverse: chances.map { $0 == 0 ? 0 : 1 / (b + $0 - 1) },
            logTime: patterns.days.map { log(alpha + Double($0)) },
            inverseTime: patterns.days.map { 1 / (alpha + Double($0)) }
        )
        let patterns = patterns
        let sums = team.sum(over: patterns.count) { range in
            addUp(
                patterns.repeats.span.extracting(range),
                patterns.recency.span.extracting(range),
                patterns.age.span.extracting(range),
                patterns.weight.span.extracting(range),
                tables.dropOut.span,
                tables.inverse.span,
                tables.logTime.span,
                tables.inverseTime.span,
                r: r
            )
        }
        let byRepeats = termsOfRepeats(r, a, b)
        let count = Double(customers)
        gradient[0] = r * (byRepeats[1] + count * point[1] - sums[1])
        gradient[1] = count * r - alpha * sums[2]
        gradient[2] = a * byRepeats[2] + sums[3]
        gradient[3] = b * (byRepeats[3] - sums[4])
        return byRepeats[0] + count * r * point[1] + sums[0] + patterns.totalRepeats * log(7.0)
    }

    /// The sum of ln G(r + x) - ln G(r) + ln B(a, b + c) - ln B(a, b), and its derivatives by r, a, b.
    private func termsOfRepeats(_ r: Double, _ a: Double, _ b: Double) -> SIMD4<Double> {
        let (gammaR, betaAB) = (logGamma(r), logBeta(a, b))
        let (psiR, psiA, psiB, psiAB) = (digamma(r), digamma(a), digamma(b), digamma(a + b))
        var sums = SIMD4<Double>()
        for repeats in weightOfRepeats.indices where weightOfRepeats[repeats] > 0 {
            let (x, chances) = (Double(repeats), rule.chances(repeats: repeats))
            let psiABC = digamma(a + b + chances)
            let terms = SIMD4(
                logGamma(r + x) - gammaR + logBeta(a, b + chances) - betaAB,
                digamma(r + x) - psiR,
                psiA - psiABC - (psiA - psiAB),
                digamma(b + chances) - psiABC - (psiB - psiAB)
            )
            sums += weightOfRepeats[repeats] * terms
        }
        return sums
    }

    private struct Tables: Sendable {
        /// By x: ln a - ln(b + c - 1).
        let dropOut: [Double]
        /// By x: 1 / (b + c - 1).
        let inverse: [Double]
        /// By time t: ln(alpha + t) and 1 / (alpha + t).
        let logTime: [Double]
        let inverseTime: [Double]
    }
}

/// Sums over patterns of ln(A1 + A2), A1 = (alpha + T)^-(r+x), A2 = a / (b+c-1) (alpha + t_x)^-(r+x),
/// and what its derivatives need.
///
/// With p1 and p2 the shares of A1 and A2 in their sum: p1 ln(alpha + T) + p2 ln(alpha + t_x);
/// (r + x) (p1 / (alpha + T) + p2 / (alpha + t_x)); p2; p2 / (b + c - 1).
private func addUp(
    _ repeats: Span<Int32>,
    _ recency: Span<Int32>,
    _ age: Span<Int32>,
    _ weight: Span<Double>,
    _ dropOut: Span<Double>,
    _ inverse: Span<Double>,
    _ logTime: Span<Double>,
    _ inverseTime: Span<Double>,
    r: Double
) -> SIMD8<Double> {
    var (value, slopeR, slopeAlpha, slopeA, slopeB) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in repeats.indices {
        let x = Int(repeats[index])
        let shape = r + Double(x)
        let (last, now) = (Int(recency[index]), Int(age[index]))
        let (timeT, timeX) = (logTime[now], logTime[last])
        let gap = shape * (timeX - timeT) - dropOut[x]
        let small = exp(-gap.magnitude)
        let larger = 1 / (1 + small)
        let (p1, p2) = gap > 0 ? (larger, small * larger) : (small * larger, larger)
        let top = gap > 0 ? -shape * timeT : dropOut[x] - shape * timeX
        let w = weight[index]
        value += w * (top + log(1 + small))
        slopeR += w * (p1 * timeT + p2 * timeX)
        slopeAlpha += w * shape * (p1 * inverseTime[now] + p2 * inverseTime[last])
        slopeA += w * p2
        slopeB += w * p2 * inverse[x]
    }
    return [value, slopeR, slopeAlpha, slopeA, slopeB, 0, 0, 0]
}
