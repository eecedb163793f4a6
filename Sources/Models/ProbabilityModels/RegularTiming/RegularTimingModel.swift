package import Domain
import Glibc
package import Modeling

/// An MBG/CNBD-k with known parameters; times in days.
///
/// The forecast is exact: given that a customer is active, the rate is a mixture of gammas over the
/// hidden phase since the last purchase, and for each phase the number of purchases follows from that
/// of the events.
package struct RegularTimingModel: PurchaseModel {
    package let regularity: Int
    package let r: Double
    package let alpha: Double
    package let a: Double
    package let b: Double

    package init(regularity: Int, r: Double, alphaWeeks: Double, a: Double, b: Double) {
        self.regularity = regularity
        (self.r, alpha, self.a, self.b) = (r, 7 * alphaWeeks, a, b)
    }

    package var phases: Int { regularity }
    package var ageScale: Double { alpha }

    package func activity(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        let (repeats, recency, age) = (summaries.repeats, summaries.recency, summaries.age)
        var activity: [Double] = []
        activity.reserveCapacity(customers.count * regularity)
        for index in customers {
            let x = Double(repeats[index])
            let shape = r + Double(regularity) * x
            let scale = alpha + Double(age[index])
            let idle = Double(age[index] - recency[index]) / scale
            let left = log(a / (b + x)) + shape * log(scale / (alpha + Double(recency[index])))
            let active = PhaseSum(shape: shape, idle: idle, regularity: regularity)
            var weight = 1 / (active.value + exp(left))
            activity.append(weight)
            for phase in 1..<max(1, regularity) {
                weight *= (shape + Double(phase - 1)) / Double(phase) * idle
                activity.append(weight)
            }
        }
        return activity
    }

    package func outlook(repeats: Int32) -> any ActiveOutlook {
        RegularTimingOutlook(self, repeats: repeats)
    }
}

/// What active customers of one x will do.
private struct RegularTimingOutlook: ActiveOutlook {
    private let regularity: Int
    /// R, for phase 0.
    private let shape: Double
    private let alpha: Double
    private let a: Double
    private let b: Double

    init(_ model: RegularTimingModel, repeats: Int32) {
        regularity = model.regularity
        shape = model.r + Double(regularity) * Double(repeats)
        (alpha, a) = (model.alpha, model.a)
        b = model.b + DropOutRule.afterEveryPurchase.chances(repeats: Int(repeats))
    }

    /// The probability of the k - j events that are missing.
    ///
    /// Few events are counted up from none; that the next is likely makes many of them negligible.
    func returnProbability(phase: Int, age: Int32, days: Double) -> Double {
        let (shape, time) = (shape + Double(phase), days / (alpha + Double(age)))
        let ratio = time / (1 + time)
        let logNone = -shape * log1p(time)
        var mass = exp(logNone)
        var probability = -expm1(logNone)
        for events in 1..<max(1, regularity - phase) {
            mass *= (shape + Double(events - 1)) / Double(events) * ratio
            probability -= mass
        }
        return max(0, probability)
    }

    func expectedPurchases(phase: Int, age: Int32, days: Double) -> Double {
        let (shape, time) = (shape + Double(phase), days / (alpha + Double(age)))
        let returns = returnProbability(phase: phase, age: age, days: days)
        guard NegativeBinomialTails.areComplete(shape: shape, time: time) else {
            // Among a million events it no longer shows that every k-th is a purchase.
            let mixture = DropOutMixture(a: a, b: b)
            return max(
                returns,
                mixture.expectedPurchases(shape: shape, time: time / Double(regularity))
            )
        }
        var sum = 0.0
        counts(phase).forEachTail(of: NegativeBinomialTails(shape: shape, time: time)) { sum += $0 }
        return max(returns, sum)
    }

    func counts(phase: Int, age: Int32, days: Double) -> CountDistribution {
        let time = days / (alpha + Double(age))
        return counts(phase)
            .distribution(of: NegativeBinomialTails(shape: shape + Double(phase), time: time))
    }

    private func counts(_ phase: Int) -> CountsWithDropOut {
        CountsWithDropOut(a: a, b: b, step: regularity, phase: phase)
    }
}
