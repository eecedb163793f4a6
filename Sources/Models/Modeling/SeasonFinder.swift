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
/// Repeat purchases of each month or week are compared with what a purchase model without season
/// expects of everybody who was a customer by then, so that a growing shop is not taken for a busy time.
/// Weeks are taken where they foretell years that were left out better than months do.
package struct SeasonFinder {
    /// Two years, but for the days before the first purchase.
    fileprivate static let daysWanted = 720

    private let counts: DailyCounts
    /// By day, what is expected without season.
    private let expected: [Double]

    package static func find(in counts: DailyCounts, _ model: any PurchaseModel) -> SeasonFinding {
        guard isLongEnough(counts) else { return SeasonFinding(tooShort: counts) }
        return SeasonFinder(counts, model).finding
    }

    /// Whether there are two full cycles.
    package static func isLongEnough(_ counts: DailyCounts) -> Bool { counts.days >= daysWanted }

    private init(_ counts: DailyCounts, _ model: any PurchaseModel) {
        self.counts = counts
        let curve = ExpectedByAge(model, upTo: Double(counts.days))
        let gains = (0..<counts.days).map { age in
            age == 0 ? 0 : curve[Double(age)] - curve[Double(age - 1)]
        }
        expected = (0..<counts.days).map { day in
            var expected = 0.0
            for arrival in 0..<day where counts.newCustomers[arrival] > 0 {
                expected += Double(counts.newCustomers[arrival]) * gains[day - arrival]
            }
            return expected
        }
    }

    private var finding: SeasonFinding {
        let history = "\(counts.days) days of history"
        let seen = SeasonParts.allCases.filter { parts in
            let bins = bins(of: parts)
            // Of fewer purchases a week has no rate of its own.
            let isEnough = bins.reduce(0) { $0 + $1.actual } >= 5 * Double(bins.count)
            return (parts == .months || isEnough) && SeasonCurve(bins, parts).isMoreThanChance
        }
        guard var parts = seen.first else {
            return SeasonFinding(reason: "off: \(history) show no more than chance would")
        }
        // As a ratio of likelihoods e^2, of counts that vary as much as those of weeks do.
        let spread = SeasonCurve(bins(of: .weeks), .weeks).dispersion
        if seen.count > 1, foresight(of: .weeks) > foresight(of: .months) + 2 * spread {
            parts = .weeks
        }
        let index = SeasonCurve(bins(of: parts), parts).index
        return SeasonFinding(index: index, reason: "on: \(history), \(extremes(index))")
    }

    /// The bins of some days, one for each part of each year.
    private func bins(of parts: SeasonParts, _ isWanted: (_ day: Int) -> Bool = { _ in true })
        -> [SeasonBin]
    {
        var bins: [SeasonBin] = []
        var last = (year: 0, part: -1)
        for day in 0..<counts.days where isWanted(day) {
            let date = counts.firstDay + day
            let (year, part) = (date.civil.year, parts.part(of: date))
            if (year, part) != last {
                last = (year, part)
                let time = (Double(day) - Double(counts.days) / 2) / 365.25
                bins.append(SeasonBin(part: part, time: time))
            }
            bins[bins.count - 1].actual += Double(counts.repeatPurchases[day])
            bins[bins.count - 1].expected += expected[day]
        }
        return bins
    }

    /// How likely the days of each year are, given their number, by the season of the other years.
    private func foresight(of parts: SeasonParts) -> Double {
        let years = Int((Double(counts.days) / 365.25 + 0.1).rounded(.down))
        return (0..<years).reduce(0) { sum, year in
            let own = counts.days * year / years..<counts.days * (year + 1) / years
            let others = bins(of: parts) { !own.contains($0) }
            let index = SeasonCurve(others, parts).index
            var (likelihood, total, whole) = (0.0, 0.0, 0.0)
            for day in own where expected[day] > 0 {
                let mean = expected[day] * index.rate(on: counts.firstDay + day)
                let actual = Double(counts.repeatPurchases[day])
                likelihood += actual * log(mean)
                total += actual
                whole += mean
            }
            return whole > 0 ? sum + likelihood - total * log(whole) : sum
        }
    }

    private func extremes(_ index: SeasonalIndex) -> String {
        let order = index.rates.indices.sorted { index.rates[$0] < index.rates[$1] }
        return [order[0], order[order.count - 1]].map { part in
            let percent = Int((100 * (index.rates[part] - 1)).rounded())
            return "\(name(of: part, index.parts)) \(percent < 0 ? "" : "+")\(percent) %"
        }.joined(separator: ", ")
    }

    private func name(of part: Int, _ parts: SeasonParts) -> String {
        let names =
            ["January", "February", "March", "April", "May", "June", "July", "August"]
            + ["September", "October", "November", "December"]
        guard parts == .weeks, let newYear = Day(year: 2001, month: 1, day: 1) else {
            return names[part]
        }
        let (_, month, day) = (newYear + 7 * part).civil
        return "week of \(day) \(names[month - 1])"
    }
}

extension SeasonFinding {
    package init(tooShort counts: DailyCounts) {
        let wanted = SeasonFinder.daysWanted
        self.init(reason: "off: \(counts.days) days of history, it takes \(wanted)")
    }
}
