import Glibc
package import Modeling
import Numerics
package import Parallel

/// The log-likelihood of the purchase days themselves under NBD, of data in weeks.
///
/// That is ln G(r + x) - ln G(r) + r ln alpha - (r + x) ln(alpha + T), so customers matter only as
/// histograms by x and by T. A point is ln r, ln alpha (in days).
package struct NegativeBinomialLikelihood: Likelihood {
    package let customers: Int
    private let totalRepeats: Double
    private let weightOfRepeats: [Double]
    /// The different T in days, with the customers of each and their purchases.
    private let ages: [(days: Double, customers: Double, repeats: Double)]
    private let patterns: PurchasePatterns

    package init(_ patterns: PurchasePatterns) {
        self.patterns = patterns
        customers = patterns.customers
        totalRepeats = patterns.totalRepeats
        weightOfRepeats = patterns.weightOfRepeats
        var ages = patterns.days.map { (days: Double($0), customers: 0.0, repeats: 0.0) }
        for index in 0..<patterns.count {
            let (age, weight) = (Int(patterns.age[index]), patterns.weight[index])
            ages[age].customers += weight
            ages[age].repeats += weight * Double(patterns.repeats[index])
        }
        self.ages = ages.filter { $0.customers > 0 }
    }

    package func sample(_ customers: Int) -> NegativeBinomialLikelihood {
        NegativeBinomialLikelihood(patterns.sample(customers))
    }

    package func evaluate(
        _ point: [Double],
        _ gradient: inout [Double],
        _ team: ThreadTeam
    ) -> Double {
        let (r, alpha) = (exp(point[0]), exp(point[1]))
        let count = Double(customers)
        let (gammaR, psiR) = (logGamma(r), digamma(r))
        var value = count * r * point[1] + totalRepeats * log(7.0)
        var (slopeR, slopeAlpha) = (count * point[1], count * r / alpha)
        for (x, weight) in weightOfRepeats.enumerated() where weight > 0 {
            value += weight * (logGamma(r + Double(x)) - gammaR)
            slopeR += weight * (digamma(r + Double(x)) - psiR)
        }
        for age in ages {
            let (time, shapes) = (log(alpha + age.days), r * age.customers + age.repeats)
            value -= shapes * time
            slopeR -= age.customers * time
            slopeAlpha -= shapes / (alpha + age.days)
        }
        gradient[0] = r * slopeR
        gradient[1] = alpha * slopeAlpha
        return value
    }
}
