package import Domain
import Glibc
package import Modeling

/// A BG/NBD or MBG/NBD with known parameters; times in days.
package struct BetaGeometricModel: PurchaseModel {
    package let r: Double
    package let alpha: Double
    package let a: Double
    package let b: Double
    package let rule: DropOutRule

    package init(
        r: Double,
        alphaWeeks: Double,
        a: Double,
        b: Double,
        _ rule: DropOutRule = .afterRepeatPurchases
    ) {
        (self.r, alpha, self.a, self.b, self.rule) = (r, 7 * alphaWeeks, a, b, rule)
    }

    package var phases: Int { 1 }
    package var ageScale: Double { alpha }

    /// The probability that a customer is still active (Fader & Hardie 2008, note 021).
    package func activity(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        let (repeats, recency, age) = (summaries.repeats, summaries.recency, summaries.age)
        let dropOut = (0...Int(repeats[customers].max() ?? 0)).map {
            let chances = rule.chances(repeats: $0)
            return chances == 0 ? -.infinity : log(a) - log(b + chances - 1)
        }
        return customers.map { index in
            let gap = log((alpha + Double(age[index])) / (alpha + Double(recency[index])))
            let odds = dropOut[Int(repeats[index])] + (r + Double(repeats[index])) * gap
            return 1 / (1 + exp(odds))
        }
    }

    package func outlook(repeats: Int32) -> any ActiveOutlook {
        BetaGeometricOutlook(self, repeats: repeats)
    }
}

/// What active customers of one x will do.
private struct BetaGeometricOutlook: ActiveOutlook {
    let shape: Double
    let alpha: Double
    let a: Double
    let b: Double
    let mixture: DropOutMixture

    init(_ model: BetaGeometricModel, repeats: Int32) {
        shape = model.r + Double(repeats)
        (alpha, a) = (model.alpha, model.a)
        b = model.b + model.rule.chances(repeats: Int(repeats))
        mixture = DropOutMixture(a: a, b: b)
    }

    /// Leaving cannot prevent the next purchase of an active customer.
    func returnProbability(phase: Int, age: Int32, days: Double) -> Double {
        -expm1(-shape * log1p(time(days, age)))
    }

    func expectedPurchases(phase: Int, age: Int32, days: Double) -> Double {
        mixture.expectedPurchases(shape: shape, time: time(days, age))
    }

    func counts(phase: Int, age: Int32, days: Double) -> CountDistribution {
        CountsWithDropOut(a: a, b: b)
            .distribution(of: NegativeBinomialTails(shape: shape, time: time(days, age)))
    }

    /// In units of the scale of the purchase rate, as it is known at that age.
    private func time(_ days: Double, _ age: Int32) -> Double { days / (alpha + Double(age)) }
}
