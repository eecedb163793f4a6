package import Domain
import Glibc
import Modeling

extension PastTotals {
    /// Past totals of forecasts over some horizons, with what they say of today's.
    ///
    /// One deviation is found from the dates of all horizons of the ladder together, each as far off as
    /// `LevelError.growth` expects of its length: a year has few dates of its own, most often none. Dates
    /// whose models lacked today's season count where there are no others, for no less than is usual,
    /// since their errors hold the season too.
    package init(_ totals: [PastTotal], horizonsDays: [Int]) {
        self.init(totals: totals)
        let all = totals.filter { PastOrigin.ladder.contains($0.horizonDays) }
        let alike = all.filter { $0.lacksSeason != true }
        let past = alike.isEmpty ? all : alike
        let least = alike.isEmpty && !all.isEmpty ? LevelError.usual : .none
        let month = LevelError(
            purchases: max(
                least.purchases,
                deviation(past.map { ($0, $0.purchases) }, LevelError.usual.purchases)
            ),
            spend: max(
                least.spend,
                deviation(
                    past.compactMap { total in total.spend.map { (total, $0) } },
                    LevelError.usual.spend
                )
            )
        )
        for days in horizonsDays { levelErrors[days] = month.grown(toDays: days) }
    }
}

/// Over a month.
private func deviation(
    _ past: [(total: PastTotal, comparison: PastTotal.Comparison)],
    _ usual: Double
) -> Double {
    let misses = past.filter { $0.comparison.expected > 0 }.map { total, comparison in
        // A window in which nothing happened is no infinite error: of Poisson counts this is a half.
        let least = comparison.expected * comparison.chance / 2
        return LevelMiss(
            log: log((max(0, comparison.actual) + least) / (comparison.expected + least)),
            chance: log1p(comparison.chance),
            scale: LevelError.growth(toDays: total.horizonDays)
        )
    }
    return levelDeviation(misses, usual: usual)
}
