import Domain
import Glibc

/// What a forecast from an earlier date was off by.
package struct LevelMiss: Hashable, Sendable {
    /// The logarithm of what then came over what had been forecast.
    package var log: Double
    /// The variance of the logarithm that chance explains.
    package var chance: Double
    /// How many times the deviation that is sought is expected of it.
    package var scale: Double

    /// A shop that was closed once is not off like that each time: a miss is a factor of e at most.
    package init(log: Double, chance: Double, scale: Double = 1) {
        (self.log, self.chance, self.scale) = (min(1, max(-1, log)), chance, scale)
    }
}

/// No level is taken to be off by more: its 90 % range reaches from a third to three times.
package let largestLevelDeviation = LevelError.largest

/// The deviation of a level error from the errors of past totals, each of them normal with the level's
/// variance, times the square of their scale, and that of chance.
///
/// The variance is one of a random-effects analysis (DerSimonian & Laird 1986) with a prior, since a
/// tenant has few past dates: the deviation's logarithm is normal with a deviation of 0.6 so that the
/// mean variance is that of `usual`. It is the mean over the posterior, found on a grid: `usual`
/// without any date, and less of it the more dates there are and the less chance is in them.
package func levelDeviation(_ misses: [LevelMiss], usual: Double) -> Double {
    guard !misses.isEmpty else { return min(largestLevelDeviation, usual) }
    let (spread, steps) = (0.6, 400)
    var weighed: [(logWeight: Double, variance: Double)] = []
    for step in 0...steps {
        let place = 5 * (2 * Double(step) / Double(steps) - 1)
        let deviation = usual * exp(spread * place - spread * spread)
        let variance = deviation * deviation
        let logWeight = misses.reduce(-place * place / 2) { sum, miss in
            let whole = variance * miss.scale * miss.scale + miss.chance
            return sum - (log(whole) + miss.log * miss.log / whole) / 2
        }
        weighed.append((logWeight, variance))
    }
    let most = weighed.map(\.logWeight).max() ?? 0
    let (weight, variance) = weighed.reduce((0.0, 0.0)) { sums, part in
        let weight = exp(part.logWeight - most)
        return (sums.0 + weight, sums.1 + weight * part.variance)
    }
    return min(largestLevelDeviation, (variance / weight).squareRoot())
}
