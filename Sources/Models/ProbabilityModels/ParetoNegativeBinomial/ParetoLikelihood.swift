import Glibc
package import Modeling
import Numerics
package import Parallel

/// The log-likelihood of Pareto/NBD, of data in weeks.
///
/// A point is ln r, ln alpha, ln s, ln beta, times in days. A customer contributes
/// ln G(r + x) - ln G(r) + r ln alpha + s ln beta + ln(A1 + s A0): A1 = (alpha + T)^-(r+x) (beta + T)^-s
/// of those who are active, and A0, the integral over y from t_x to T of (alpha + y)^-(r+x)
/// (beta + y)^-(s+1), of those who left at y. Derivatives are taken under the integral.
package struct ParetoLikelihood: Likelihood {
    package let customers: Int
    private let patterns: PurchasePatterns
    private let weightOfRepeats: [Double]

    package init(_ patterns: PurchasePatterns) {
        self.patterns = patterns
        customers = patterns.customers
        weightOfRepeats = patterns.weightOfRepeats
    }

    package func sample(_ customers: Int) -> ParetoLikelihood {
        ParetoLikelihood(patterns.sample(customers))
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (r, alpha, s, beta) = (exp(point[0]), exp(point[1]), exp(point[2]), exp(point[3]))
        let patterns = patterns
        let logTimes = patterns.days.map { log(alpha + Double($0)) }
        let logLives = patterns.days.map { log(beta + Double($0)) }
        // One pattern costs a quadrature: small chunks share the work well.
        let sums = team.sum(over: patterns.count, by: 1024) { range in
            addUp(
                patterns.repeats.span.extracting(range),
                patterns.recency.span.extracting(range),
                patterns.age.span.extracting(range),
                patterns.weight.span.extracting(range),
                patterns.days.span,
                logTimes.span,
                logLives.span,
                (r, alpha, s, beta)
            )
        }
        var (value, slopeR) = (0.0, 0.0)
        let (gammaR, psiR) = (logGamma(r), digamma(r))
        for (x, weight) in weightOfRepeats.enumerated() where weight > 0 {
            value += weight * (logGamma(r + Double(x)) - gammaR)
            slopeR += weight * (digamma(r + Double(x)) - psiR)
        }
        let count = Double(customers)
        gradient[0] = r * (slopeR + count * point[1] + sums[1])
        gradient[1] = count * r + alpha * sums[2]
        gradient[2] = s * (count * point[3] + sums[3])
        gradient[3] = count * s + beta * sums[4]
        return value + count * (r * point[1] + s * point[3]) + sums[0]
            + patterns.totalRepeats * log(7.0)
    }
}

/// Sums over patterns of ln(A1 + s A0), and its derivatives by r, alpha, s and beta.
private func addUp(
    _ repeats: Span<Int32>,
    _ recency: Span<Int32>,
    _ age: Span<Int32>,
    _ weight: Span<Double>,
    _ days: Span<Int32>,
    _ logTimes: Span<Double>,
    _ logLives: Span<Double>,
    _ parameters: (r: Double, alpha: Double, s: Double, beta: Double)
) -> SIMD8<Double> {
    let (r, alpha, s, beta) = parameters
    let logS = log(s)
    var sums = SIMD8<Double>()
    for index in repeats.indices {
        let shape = r + Double(repeats[index])
        let (last, now) = (Int(recency[index]), Int(age[index]))
        let left = LeftBehind(
            PowerLawIntegral(
                firstScale: alpha + Double(days[last]),
                firstPower: shape,
                secondScale: beta + Double(days[last]),
                secondPower: s + 1
            ),
            upTo: Double(days[now] - days[last])
        )
        let active = -shape * logTimes[now] - s * logLives[now]
        let leaving = logS - shape * logTimes[last] - (s + 1) * logLives[last] + log(left.value)
        let gap = leaving - active
        let small = exp(-gap.magnitude)
        let larger = 1 / (1 + small)
        let (gone, stays) = gap > 0 ? (larger, small * larger) : (small * larger, larger)
        let time = alpha + Double(days[now])
        let life = beta + Double(days[now])
        let terms: SIMD8<Double> = [
            max(active, leaving) + log(1 + small),
            -stays * logTimes[now] - gone * (logTimes[last] + left.firstLog),
            -shape * (stays / time + gone * left.firstInverse),
            -stays * logLives[now] + gone * (1 / s - logLives[last] - left.secondLog),
            -stays * s / life - gone * (s + 1) * left.secondInverse,
            0, 0, 0,
        ]
        sums += weight[index] * terms
    }
    return sums
}

/// A0, relative to its integrand at t_x, and means under the integral.
private struct LeftBehind {
    private(set) var value = 0.0
    /// Of ln((alpha + y) / (alpha + t_x)) and 1 / (alpha + y).
    private(set) var firstLog = 0.0
    private(set) var firstInverse = 0.0
    /// Of ln((beta + y) / (beta + t_x)) and 1 / (beta + y).
    private(set) var secondLog = 0.0
    private(set) var secondInverse = 0.0

    @inline(__always)
    init(_ integral: PowerLawIntegral, upTo length: Double) {
        guard length > 0 else { return }
        var sums = (0.0, 0.0, 0.0, 0.0, 0.0)
        let (first, second) = (integral.firstScale, integral.secondScale)
        integral.forEachNode(upTo: length) { node in
            sums.0 += node.share
            sums.1 += node.share * node.firstLog
            sums.2 += node.share / (first + node.w)
            sums.3 += node.share * node.secondLog
            sums.4 += node.share / (second + node.w)
        }
        value = sums.0
        firstLog = sums.1 / sums.0
        firstInverse = sums.2 / sums.0
        secondLog = sums.3 / sums.0
        secondInverse = sums.4 / sums.0
    }
}
