package import Domain
import Glibc
package import Modeling

/// A log-normal spend model with known parameters.
///
/// The sum of log-normal totals is taken as log-normal with its mean and variance (Fenton 1960).
package struct LogNormalSpendModel: SpendModel {
    package let level: Double
    package let slope: Double
    /// Variances of the logarithm between customers and between days of one.
    private let between: Double
    private let within: Double

    package init(level: Double, slope: Double, sigmaBetween: Double, sigmaWithin: Double) {
        (self.level, self.slope) = (level, slope)
        (between, within) = (sigmaBetween * sigmaBetween, sigmaWithin * sigmaWithin)
    }

    /// The variance of the logarithm of the mean of some days of one customer.
    private func variance(ofMeanOf days: Double) -> Double { log1p(expm1(within) / days) }

    /// How much of what distinguishes a customer's mean from others' is the customer's own.
    private func weight(repeats: Int32) -> Double {
        repeats > 0 ? between / (between + variance(ofMeanOf: Double(repeats))) : 0
    }

    /// The logarithm of what a purchase of a known customer costs in the mean.
    private func logMean(repeats: Int32, meanSpend: Double) -> Double {
        let mean = level + slope * log1p(Double(repeats)) + within / 2
        // After returns nothing may be left, of which there is no logarithm.
        guard repeats > 0, meanSpend > 0 else { return mean }
        let noise = variance(ofMeanOf: Double(repeats))
        return mean + weight(repeats: repeats) * (log(meanSpend) - (mean - noise / 2))
    }

    /// What is still unknown of the customer's own level.
    private func remaining(repeats: Int32) -> Double { between * (1 - weight(repeats: repeats)) }

    package func averageSpend(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    {
        customers.map { customer in
            let repeats = summaries.repeats[customer]
            let mean = logMean(repeats: repeats, meanSpend: summaries.meanSpend[customer])
            return exp(mean + remaining(repeats: repeats) / 2)
        }
    }

    package func scale(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        customers.map {
            exp(logMean(repeats: summaries.repeats[$0], meanSpend: summaries.meanSpend[$0]))
        }
    }

    package func total(purchases: Double, repeats: Int32) -> LogSpend {
        let noise = variance(ofMeanOf: purchases)
        return .normal(
            mean: log(purchases) - noise / 2,
            deviation: (remaining(repeats: repeats) + noise).squareRoot()
        )
    }
}
