package import Domain
import Glibc
import Modeling

extension PastTotals {
    /// Past totals of forecasts over some horizons, with what they say of today's.
    ///
    /// A longer horizon is expected to be off as a shorter one is, until dates of its own say else.
    /// Of models without today's season the errors hold the season too, so that they count as no less
    /// than `usual`.
    package init(_ totals: [PastTotal], horizonsDays: [Int]) {
        self.init(totals: totals)
        var expected = LevelError.usual
        for days in Set(horizonsDays).sorted() {
            let past = counting(ofDays: days)
            let found = LevelError(
                purchases: deviation(past.map(\.purchases), expected.purchases),
                spend: deviation(past.compactMap(\.spend), expected.spend)
            )
            let atLeastUsual = LevelError(
                purchases: max(found.purchases, LevelError.usual.purchases),
                spend: max(found.spend, LevelError.usual.spend)
            )
            levelErrors[days] = past.first?.lacksSeason == true ? atLeastUsual : found
            expected = atLeastUsual
        }
    }
}

private func deviation(_ past: [PastTotal.Comparison], _ usual: Double) -> Double {
    let misses = past.filter { $0.expected > 0 }.map { total in
        // A window in which nothing happened is no infinite error: of Poisson counts this is a half.
        let least = total.expected * total.chance / 2
        return LevelMiss(
            log: log((total.actual + least) / (total.expected + least)),
            chance: log1p(total.chance)
        )
    }
    return levelDeviation(misses, usual: usual)
}
