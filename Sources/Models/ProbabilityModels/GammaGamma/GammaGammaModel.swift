package import Domain
package import Modeling

/// A gamma-gamma model with known parameters.
package struct GammaGammaModel: SpendModel {
    package let p: Double
    package let q: Double
    package let v: Double

    /// The days whose totals the model is about.
    package let basis: SpendBasis

    package init(p: Double, q: Double, v: Double, _ basis: SpendBasis = .repeatDays) {
        (self.p, self.q, self.v, self.basis) = (p, q, v, basis)
    }

    init(_ fitted: FittedModel, _ basis: SpendBasis) throws(ModelProblem) {
        guard let values = fitted.positiveParameters(["p", "q", "v"]), values[1] > 1 else {
            throw .damaged(fitted, expected: "p and v above zero and q above one")
        }
        self.init(p: values[0], q: values[1], v: values[2], basis)
    }

    /// The mean purchase of a customer of whom nothing is known.
    package var populationMean: Double { p * v / (q - 1) }

    /// The expected purchase of a customer with a mean of `days` (note 025, equation 5).
    ///
    /// The population's without any. A mean below zero, possible after returns, counts as zero.
    package func averageSpend(days: Int32, meanSpend: Double) -> Double {
        guard days > 0 else { return populationMean }
        let shape = p * Double(days)
        let weight = (q - 1) / (shape + q - 1)
        return weight * populationMean + (1 - weight) * max(0, meanSpend)
    }

    /// v + x m, of which the rate of a customer's amounts knows.
    package func scale(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        customers.map { customer in
            let (days, mean) = basis.spend(of: customer, in: summaries)
            return days > 0 ? v + Double(days) * max(0, mean) : v
        }
    }

    /// Beta-prime (p n, q + p x): a gamma (p n) sum whose rate is gamma (q + p x, v + x m).
    package func total(purchases: Double, repeats: Int32) -> LogSpend {
        let days = Double(basis.days(repeats: repeats))
        return .betaPrime(a: p * purchases, b: q + p * days)
    }

    /// A first purchase would be known where all days count.
    package func newcomerTotal(purchases: Double) -> LogSpend {
        .betaPrime(a: p * purchases, b: q)
    }

    package func averageSpend(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    {
        customers.map { customer in
            let (days, mean) = basis.spend(of: customer, in: summaries)
            return averageSpend(days: days, meanSpend: mean)
        }
    }
}
