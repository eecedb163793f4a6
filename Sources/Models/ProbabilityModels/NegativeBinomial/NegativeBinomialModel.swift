package import Domain
import Glibc
package import Modeling

/// An NBD with known parameters; times in days.
package struct NegativeBinomialModel: PurchaseModel {
    package let r: Double
    package let alpha: Double

    package init(r: Double, alphaWeeks: Double) { (self.r, alpha) = (r, 7 * alphaWeeks) }

    package var phases: Int { 1 }
    package var ageScale: Double { alpha }

    package func activity(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        Array(repeating: 1, count: customers.count)
    }

    package func outlook(repeats: Int32) -> any ActiveOutlook {
        NegativeBinomialOutlook(shape: r + Double(repeats), alpha: alpha)
    }
}

/// What customers of one x will do.
private struct NegativeBinomialOutlook: ActiveOutlook {
    let shape: Double
    let alpha: Double

    func returnProbability(phase: Int, age: Int32, days: Double) -> Double {
        -expm1(-shape * log1p(days / (alpha + Double(age))))
    }

    func expectedPurchases(phase: Int, age: Int32, days: Double) -> Double {
        shape * days / (alpha + Double(age))
    }

    func counts(phase: Int, age: Int32, days: Double) -> CountDistribution {
        let events = NegativeBinomialTails(shape: shape, time: days / (alpha + Double(age)))
        return CountDistribution(atLeast: (0...events.last).map { events[$0] })
    }
}
