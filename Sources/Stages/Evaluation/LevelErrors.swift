package import Domain
import Glibc
import Modeling

extension PastTotals {
    /// Past totals of forecasts over some horizons, with what they say of today's.
    package init(_ totals: [PastTotal], horizonsDays: [Int]) {
        self.init(totals: totals)
        for days in horizonsDays {
            let of = totals.filter { $0.horizonDays == days }
            levelErrors[days] = LevelError(
                purchases: deviation(of.map(\.purchases), LevelError.usual.purchases),
                spend: deviation(of.compactMap(\.spend), LevelError.usual.spend)
            )
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
