package import Domain
import Modeling

/// A gamma-gamma model with known parameters.
package struct GammaGammaModel: SpendModel {
    package let p: Double
    package let q: Double
    package let v: Double

    package init(p: Double, q: Double, v: Double) { (self.p, self.q, self.v) = (p, q, v) }

    /// The mean purchase of a customer of whom nothing is known.
    package var populationMean: Double { p * v / (q - 1) }

    /// The expected purchase of a customer with `repeats` of a mean (note 025, equation 5).
    ///
    /// The population's without repeats. A mean below zero, possible after returns, counts as zero.
    package func averageSpend(repeats: Int32, meanSpend: Double) -> Double {
        guard repeats > 0 else { return populationMean }
        let shape = p * Double(repeats)
        let weight = (q - 1) / (shape + q - 1)
        return weight * populationMean + (1 - weight) * max(0, meanSpend)
    }

    package func averageSpend(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    {
        let (repeats, meanSpend) = (summaries.repeats, summaries.meanSpend)
        return customers.map { averageSpend(repeats: repeats[$0], meanSpend: meanSpend[$0]) }
    }
}
