package import Domain
import Glibc

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

/// The deviation of a level error from the errors of past totals, each of them normal with the level's
/// variance and that of chance.
///
/// The variance is one of a random-effects analysis (DerSimonian & Laird 1986) with a prior, since a
/// tenant has few past dates: the deviation's logarithm is normal with a deviation of 0.6 so that the
/// mean variance is that of `usual`. It is the mean over the posterior, found on a grid: `usual`
/// without any date, and less of it the more dates there are and the less chance is in them.
func deviation(_ past: [PastTotal.Comparison], _ usual: Double) -> Double {
    guard !past.isEmpty else { return usual }
    let spread = 0.6
    let errors = past.filter { $0.expected > 0 }.map { total in
        // A window in which nothing happened is no infinite error: of Poisson counts this is a half.
        let least = total.expected * total.chance / 2
        return (
            log: log((total.actual + least) / (total.expected + least)),
            chance: log1p(total.chance)
        )
    }
    let steps = 400
    var weighed: [(logWeight: Double, variance: Double)] = []
    for step in 0...steps {
        let place = 5 * (2 * Double(step) / Double(steps) - 1)
        let deviation = usual * exp(spread * place - spread * spread)
        let variance = deviation * deviation
        let logWeight = errors.reduce(-place * place / 2) { sum, error in
            let whole = variance + error.chance
            return sum - (log(whole) + error.log * error.log / whole) / 2
        }
        weighed.append((logWeight, variance))
    }
    let most = weighed.map(\.logWeight).max() ?? 0
    let (weight, variance) = weighed.reduce((0.0, 0.0)) { sums, part in
        let weight = exp(part.logWeight - most)
        return (sums.0 + weight, sums.1 + weight * part.variance)
    }
    return (variance / weight).squareRoot()
}
