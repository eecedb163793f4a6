package import Domain
import Glibc

/// Whether a tenant's customers have a season, and why it is or is not used.
package struct SeasonFinding: Codable, Hashable, Sendable {
    /// Nil: all days count alike.
    package var index: SeasonalIndex?
    /// For people.
    package var reason: String

    package init(index: SeasonalIndex? = nil, reason: String) {
        (self.index, self.reason) = (index, reason)
    }
}

/// Finds the season of a history of at least two years.
///
/// Repeat purchases of each month are compared with what a purchase model without season expects of
/// everybody who was a customer by then, so that a growing shop is not taken for a busy time. The
/// counts are Poisson with mean expected x month x a steady trend, and vary more than that by as much
/// as the years disagree, by which months are drawn towards 1.
package struct SeasonFinder {
    /// Two years, but for the days before the first purchase.
    private static let daysWanted = 720
    /// The .99 quantile of chi-square with 11 degrees of freedom: chance alone is below.
    private static let strengthWanted = 24.725

    private struct Bin {
        var month: Int
        /// In years from the middle of the history.
        var time: Double
        var actual = 0.0
        var expected = 0.0
    }

    private var bins: [Bin] = []
    private var trend = 0.0
    private var months = [Double](repeating: 1, count: 12)

    package static func find(in counts: DailyCounts, _ model: any PurchaseModel) -> SeasonFinding {
        guard isLongEnough(counts) else { return SeasonFinding(tooShort: counts) }
        var finder = SeasonFinder(counts, model)
        return finder.finding(counts.years)
    }

    /// Whether there are two full cycles.
    package static func isLongEnough(_ counts: DailyCounts) -> Bool { counts.days >= daysWanted }

    private init(_ counts: DailyCounts, _ model: any PurchaseModel) {
        let curve = ExpectedByAge(model, upTo: Double(counts.days))
        let gains = (0..<counts.days).map { age in
            age == 0 ? 0 : curve[Double(age)] - curve[Double(age - 1)]
        }
        var (year, month) = (0, 0)
        for day in 0..<counts.days {
            let civil = (counts.firstDay + day).civil
            if (civil.year, civil.month) != (year, month) {
                (year, month) = (civil.year, civil.month)
                let time = (Double(day) - Double(counts.days) / 2) / 365.25
                bins.append(Bin(month: month - 1, time: time))
            }
            var expected = 0.0
            for arrival in 0..<day where counts.newCustomers[arrival] > 0 {
                expected += Double(counts.newCustomers[arrival]) * gains[day - arrival]
            }
            bins[bins.count - 1].actual += Double(counts.repeatPurchases[day])
            bins[bins.count - 1].expected += expected
        }
    }

    private func mean(_ bin: Bin) -> Double {
        bin.expected * months[bin.month] * exp(trend * bin.time)
    }

    /// Months and trend in turn, each at its best given the other.
    private mutating func fit() {
        for _ in 0..<300 {
            var (actual, expected) = ([Double](repeating: 0, count: 12), months.map { _ in 0.0 })
            for bin in bins {
                actual[bin.month] += bin.actual
                expected[bin.month] += bin.expected * exp(trend * bin.time)
            }
            months = zip(actual, expected).map { $1 > 0 ? ($0 + 0.5) / ($1 + 0.5) : 1 }
            let score = bins.reduce(0) { $0 + $1.time * ($1.actual - mean($1)) }
            let information = bins.reduce(0) { $0 + $1.time * $1.time * mean($1) }
            guard information > 0 else { return }
            let step = max(-1, min(1, score / information))
            trend += step
            if abs(step) < 1e-10 { return }
        }
    }

    private mutating func finding(_ years: Double) -> SeasonFinding {
        fit()
        let spare = Double(max(1, bins.count - 13))
        let excess = bins.reduce(0) { sum, bin in
            let mean = max(mean(bin), 0.5)
            return sum + (bin.actual - mean) * (bin.actual - mean) / mean
        }
        let dispersion = max(1, excess / spare)
        let actual = (0..<12).map { month in
            max(0.5, bins.reduce(0) { $0 + ($1.month == month ? $1.actual : 0) })
        }
        let logs = months.map { log($0) }
        let total = actual.reduce(0, +)
        let level = zip(logs, actual).reduce(0) { $0 + $1.0 * $1.1 } / total
        let strength = zip(logs, actual).reduce(0) {
            $0 + ($1.0 - level) * ($1.0 - level) * $1.1 / dispersion
        }
        let history = "\(tenths(years)) years of history"
        guard strength > SeasonFinder.strengthWanted else {
            return SeasonFinding(reason: "off: \(history) show no more than chance would")
        }
        let noise = actual.map { dispersion / $0 }
        let variance = logs.reduce(0) { $0 + ($1 - level) * ($1 - level) } / 11
        let signal = max(0, variance - noise.reduce(0, +) / 12)
        let index = SeasonalIndex(
            months: zip(logs, noise).map { exp(signal / (signal + $1) * ($0 - level)) }
        )
        return SeasonFinding(index: index, reason: "on: \(history), \(extremes(index))")
    }

    private func extremes(_ index: SeasonalIndex) -> String {
        let names =
            ["January", "February", "March", "April", "May", "June", "July", "August"]
            + ["September", "October", "November", "December"]
        let order = index.months.indices.sorted { index.months[$0] < index.months[$1] }
        return [order[0], order[11]].map { month in
            let percent = Int((100 * (index.months[month] - 1)).rounded())
            return "\(names[month]) \(percent < 0 ? "" : "+")\(percent) %"
        }.joined(separator: ", ")
    }
}

extension SeasonFinding {
    package init(tooShort counts: DailyCounts) {
        self.init(reason: "off: \(tenths(counts.years)) years of history, it takes two")
    }
}

extension DailyCounts {
    fileprivate var years: Double { Double(days) / 365.25 }
}

private func tenths(_ value: Double) -> String {
    let tenths = Int((10 * value).rounded(.down))
    return "\(tenths / 10).\(tenths % 10)"
}
