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
        customers(count, ahead: 0, seed: seed).summaries
    }

    /// Customers, and how often each buys within `days` after the end of their histories.
    func customers(
        _ count: Int,
        ahead days: Double,
        seed: UInt64
    ) -> (summaries: CustomerSummaries, later: [Int32]) {
        var random = RandomSource(seed: seed)
        var later: [Int32] = []
        var summaries = CustomerSummaries(
            repeats: [],
            recency: [],
            age: [],
            meanSpend: [],
            historicSpend: []
        )
        for _ in 0..<count {
            let age = ageMax * (0.3 + 0.7 * random.uniform())
            let times = purchases(until: age + days, &random)
            let known = times.prefix { $0 <= age }
            summaries.totalLogGap += zip([0] + known, known).reduce(0) { $0 + log($1.1 - $1.0) }
            summaries.repeats.append(Int32(known.count))
            summaries.recency.append(Int32(known.last ?? 0))
            summaries.age.append(Int32(age))
            summaries.meanSpend.append(.nan)
            later.append(Int32(times.count - known.count))
        }
        return (summaries, later)
    }

    /// When a customer buys after the first purchase.
    private func purchases(until end: Double, _ random: inout RandomSource) -> [Double] {
        let rate = random.gamma(shape: shape, rate: scaleDays)
        var (end, dropOut, mayLeave) = (end, 0.0, false)
        switch leaving {
        case .never: break
        case .afterPurchases(let a, let b, let isFirstOne):
            dropOut = random.beta(a, b)
            mayLeave = isFirstOne
        case .afterTime(let shape, let scale):
            let leavingRate = random.gamma(shape: shape, rate: scale)
            end = min(end, random.exponential(rate: leavingRate))
        }
        var times: [Double] = []
        var last = 0.0
        while !(mayLeave && random.uniform() < dropOut) {
            last += random.gamma(shape: Double(regularity), rate: rate)
            guard last <= end else { break }
            times.append(last)
            mayLeave = true
        }
        return times
    }
}
