import Domain
import Glibc
import Numerics

/// When simulated customers leave.
enum Leaving: Sendable {
    case never
    /// With a beta (a, b) probability after each purchase, or after each repeat purchase.
    case afterPurchases(a: Double, b: Double, isFirstOne: Bool)
    /// After an exponential time whose rate is gamma (shape, scale in days).
    case afterTime(shape: Double, scaleDays: Double)
}

/// Customers who buy at a gamma (shape, scale in days) rate, in days so fine that rounding to whole
/// ones does not matter.
struct World: Sendable {
    var shape: Double
    var scaleDays: Double
    var leaving: Leaving
    /// Every how many events of the rate are a purchase.
    var regularity = 1
    var ageMax = 40_000.0

    func customers(_ count: Int, seed: UInt64) -> CustomerSummaries {
        var random = RandomSource(seed: seed)
        var summaries = CustomerSummaries(
            repeats: [],
            recency: [],
            age: [],
            meanSpend: [],
            historicSpend: []
        )
        for _ in 0..<count {
            let age = ageMax * (0.3 + 0.7 * random.uniform())
            let (repeats, last, logGaps) = purchases(until: age, &random)
            summaries.totalLogGap += logGaps
            summaries.repeats.append(repeats)
            summaries.recency.append(Int32(last))
            summaries.age.append(Int32(age))
            summaries.meanSpend.append(.nan)
        }
        return summaries
    }

    /// Their number, the time of the last one, and the sum of the logarithms of their gaps.
    private func purchases(
        until age: Double,
        _ random: inout RandomSource
    ) -> (Int32, Double, Double) {
        let rate = random.gamma(shape: shape, rate: scaleDays)
        var (end, dropOut, mayLeave) = (age, 0.0, false)
        switch leaving {
        case .never: break
        case .afterPurchases(let a, let b, let isFirstOne):
            dropOut = random.beta(a, b)
            mayLeave = isFirstOne
        case .afterTime(let shape, let scale):
            let leavingRate = random.gamma(shape: shape, rate: scale)
            end = min(age, random.exponential(rate: leavingRate))
        }
        var (repeats, last, logGaps): (Int32, Double, Double) = (0, 0, 0)
        while !(mayLeave && random.uniform() < dropOut) {
            let gap = random.gamma(shape: Double(regularity), rate: rate)
            guard last + gap <= end else { break }
            last += gap
            logGaps += log(gap)
            repeats += 1
            mayLeave = true
        }
        return (repeats, last, logGaps)
    }
}
