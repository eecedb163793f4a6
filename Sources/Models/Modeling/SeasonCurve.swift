import Domain
import Glibc

/// The purchases of a part of a year, and what was expected of them without season.
struct SeasonBin {
    var part: Int
    /// In years from the middle of the history.
    var time: Double
    var actual = 0.0
    var expected = 0.0
}

/// How busy the parts of a year are beside a steady trend.
///
/// The counts are Poisson with mean expected x part x trend, and vary more than that by as much as the
/// years disagree, by which parts are drawn towards 1.
struct SeasonCurve {
    private let bins: [SeasonBin]
    private let parts: SeasonParts
    private var trend = 0.0
    private var rates: [Double]
    /// The variance of counts over that of Poisson ones.
    private(set) var dispersion = 1.0

    init(_ bins: [SeasonBin], _ parts: SeasonParts) {
        (self.bins, self.parts) = (bins, parts)
        rates = Array(repeating: 1, count: parts.rawValue)
        fit()
        let spare = Double(max(1, bins.count - parts.rawValue - 1))
        let excess = bins.reduce(0) { sum, bin in
            let mean = max(mean(bin), 0.5)
            return sum + (bin.actual - mean) * (bin.actual - mean) / mean
        }
        dispersion = max(1, excess / spare)
    }

    private func mean(_ bin: SeasonBin) -> Double {
        bin.expected * rates[bin.part] * exp(trend * bin.time)
    }

    /// Rates and trend in turn, each at its best given the other.
    private mutating func fit() {
        for _ in 0..<300 {
            var (actual, expected) = (rates.map { _ in 0.0 }, rates.map { _ in 0.0 })
            for bin in bins {
                actual[bin.part] += bin.actual
                expected[bin.part] += bin.expected * exp(trend * bin.time)
            }
            rates = zip(actual, expected).map { $1 > 0 ? ($0 + 0.5) / ($1 + 0.5) : 1 }
            let score = bins.reduce(0) { $0 + $1.time * ($1.actual - mean($1)) }
            let information = bins.reduce(0) { $0 + $1.time * $1.time * mean($1) }
            guard information > 0 else { return }
            let step = max(-1, min(1, score / information))
            trend += step
            if abs(step) < 1e-10 { return }
        }
    }

    /// By part: the purchases, and the logarithm of the rate about its mean.
    private var effects: [(actual: Double, log: Double)] {
        var actual = rates.map { _ in 0.0 }
        for bin in bins { actual[bin.part] += bin.actual }
        actual = actual.map { max(0.5, $0) }
        let logs = rates.map { log($0) }
        let level = zip(logs, actual).reduce(0) { $0 + $1.0 * $1.1 } / actual.reduce(0, +)
        return zip(actual, logs).map { ($0, $1 - level) }
    }

    /// Whether the parts differ by more than chance would have them: the .995 quantile of chi-square
    /// with 11 or 51 degrees of freedom, as both kinds of parts are tried.
    var isMoreThanChance: Bool {
        let strength = effects.reduce(0) { $0 + $1.log * $1.log * $1.actual / dispersion }
        return strength > (parts == .months ? 26.757 : 80.747)
    }

    /// The rates, drawn towards 1 by how uncertain each is.
    var index: SeasonalIndex {
        let effects = effects
        let noise = effects.map { dispersion / $0.actual }
        let variance =
            effects.reduce(0) { $0 + $1.log * $1.log } / Double(parts.rawValue - 1)
        let signal = max(0, variance - noise.reduce(0, +) / Double(parts.rawValue))
        return SeasonalIndex(
            zip(effects, noise).map { signal > 0 ? exp(signal / (signal + $1) * $0.log) : 1 }
        )
    }
}
