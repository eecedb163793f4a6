package import Domain
import Glibc
package import Modeling

/// A Pareto/NBD with known parameters; times in days.
package struct ParetoModel: PurchaseModel {
    package let r: Double
    package let alpha: Double
    package let s: Double
    package let beta: Double

    package init(r: Double, alphaWeeks: Double, s: Double, betaWeeks: Double) {
        (self.r, alpha, self.s, beta) = (r, 7 * alphaWeeks, s, 7 * betaWeeks)
    }

    package var phases: Int { 1 }
    package var ageScale: Double { min(alpha, beta) }

    package func activity(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        let (repeats, recency, age) = (summaries.repeats, summaries.recency, summaries.age)
        return customers.map { index in
            pAlive(
                shape: r + Double(repeats[index]),
                last: Double(recency[index]),
                now: Double(age[index])
            )
        }
    }

    /// 1 / (1 + s A0 / A1), see `ParetoLikelihood`.
    private func pAlive(shape: Double, last: Double, now: Double) -> Double {
        let integral = PowerLawIntegral(
            firstScale: alpha + last,
            firstPower: shape,
            secondScale: beta + last,
            secondPower: s + 1
        )
        let decay =
            shape * log((alpha + now) / (alpha + last)) + s * log((beta + now) / (beta + last))
        let odds = s / (beta + last) * integral.value(upTo: now - last) * exp(decay)
        return 1 / (1 + odds)
    }

    package func outlook(repeats: Int32) -> any ActiveOutlook {
        ParetoOutlook(shape: r + Double(repeats), alpha: alpha, s: s, beta: beta)
    }

    /// The expected purchases for ever, each worth e^(-rate t) after t days (Fader, Hardie & Lee
    /// 2005, "RFM and CLV").
    ///
    /// P(alive) (r + x) / (alpha + T) times the integral over t of e^(-rate t) times the probability
    /// of staying until t, by the trapezoidal rule in t = e^(pi/2 sinh u) / rate.
    package func discountedPurchases(_ customer: PurchaseHistory, dailyRate rate: Double) -> Double
    {
        let scale = beta + Double(customer.age)
        let (step, reach) = (1.0 / 32, 4.0)
        var sum = 0.0
        for u in stride(from: -reach, through: reach, by: step) {
            let time = exp(.pi / 2 * sinh(u))
            sum += exp(-time - s * log1p(time / (rate * scale))) * time * cosh(u)
        }
        let days = .pi / 2 * step * sum / rate
        let purchases = (r + Double(customer.repeats)) / (alpha + Double(customer.age))
        return pAlive(customer) * purchases * days
    }
}

/// What active customers of one x will do.
private struct ParetoOutlook: ActiveOutlook {
    /// r + x.
    let shape: Double
    let alpha: Double
    let s: Double
    let beta: Double

    /// The first purchase comes at w with the density of a gamma mixture, if the customer is active.
    func returnProbability(phase: Int, age: Int32, days: Double) -> Double {
        let scale = alpha + Double(age)
        let integral = PowerLawIntegral(
            firstScale: scale,
            firstPower: shape + 1,
            secondScale: beta + Double(age),
            secondPower: s
        )
        return min(1, shape / scale * integral.value(upTo: days))
    }

    /// The same without an end, which is where nothing is left that shows.
    func everReturns(phase: Int, age: Int32) -> Double {
        let scale = max(alpha, beta) + Double(age)
        let last = scale * exp(min(600, 25 / (shape + s)))
        return returnProbability(phase: phase, age: age, days: last)
    }

    /// (r + x) / (alpha + T) times the expected time as a customer; nothing special happens at s = 1.
    func expectedPurchases(phase: Int, age: Int32, days: Double) -> Double {
        let life = beta + Double(age)
        let logLife = log1p(days / life)
        let power = (s - 1) * logLife
        let time = life * logLife * (power == 0 ? 1 : -expm1(-power) / power)
        let returns = returnProbability(phase: phase, age: age, days: days)
        return max(returns, shape / (alpha + Double(age)) * time)
    }

    /// A mixture over the time of leaving, or of none within the horizon.
    func counts(phase: Int, age: Int32, days: Double) -> CountDistribution {
        let (scale, life) = (alpha + Double(age), beta + Double(age))
        let stays = exp(-s * log1p(days / life))
        let all = NegativeBinomialTails(shape: shape, time: days / scale)
        var atLeast = (0...all.last).map { stays * all[$0] }
        let leaving = PowerLawIntegral(
            firstScale: scale,
            firstPower: 0,
            secondScale: life,
            secondPower: s + 1
        )
        // Counts by w change over a few of their standard deviations, in units of w.
        let resolution = { w in
            4 * (scale / shape * max(w + w * w / scale, scale / shape)).squareRoot()
        }
        leaving.forEachNode(upTo: days, widest: resolution) { node in
            let weight = s / life * node.share
            let counts = NegativeBinomialTails(shape: shape, time: node.w / scale)
            for n in 0...min(counts.last, all.last) { atLeast[n] += weight * counts[n] }
        }
        atLeast[0] = 1
        return CountDistribution(atLeast: atLeast)
    }
}
