import Domain
import Glibc

/// A range of a total, and what then came.
struct CoverageCase {
    struct Key: Hashable {
        var days: Int
        var group: TotalGroup
        var measure: String
    }

    let key: Key
    let isInside: Bool
    /// The logarithm of the high end over the low one.
    let width: Double
    let score: Double
    let forecast: Ranged
    let outcome: Double

    /// The interval score of a central 90 % range on the logarithm: its width, and twenty times how far
    /// outside the outcome was (Gneiting & Raftery 2007, JASA 102, equation 43); less is better.
    ///
    /// Nothing is no infinite miss: each number counts as half of `one` purchase at least. Nil without a
    /// range.
    init?(_ key: Key, _ forecast: Ranged, _ outcome: Double, one: Double) {
        guard let low = forecast.low, let high = forecast.high else { return nil }
        let least = max(one / 2, 1e-9)
        let (bottom, top, truth) = (
            log(max(low, least)), log(max(high, least)), log(max(outcome, least))
        )
        (self.key, self.forecast, self.outcome) = (key, forecast, outcome)
        isInside = truth >= bottom && truth <= top
        width = top - bottom
        score = width + 20 * (max(0, bottom - truth) + max(0, truth - top))
    }
}

extension CoverageCase {
    static let header = "days,group,measure,expected,low,high,outcome"

    var line: String {
        let key = "\(key.days),\(key.group.rawValue),\(key.measure)"
        let ends = "\(forecast.low ?? .nan),\(forecast.high ?? .nan)"
        return "\(key),\(forecast.expected),\(ends),\(outcome)"
    }
}

/// How honest ranges were, by horizon, group and measure.
struct CoverageTable {
    var cases: [CoverageCase]

    init(_ cases: [CoverageCase] = []) { self.cases = cases }

    func show() {
        print("  days  of         measure    dates  inside %  high/low  score")
        for days in Set(cases.map(\.key.days)).sorted() {
            for group in [TotalGroup.customers, .newcomer, .all] {
                for measure in ["purchases", "spend"] {
                    show(CoverageCase.Key(days: days, group: group, measure: measure))
                }
            }
        }
    }

    private func show(_ key: CoverageCase.Key) {
        let chosen = cases.filter { $0.key == key }
        guard !chosen.isEmpty else { return }
        let count = Double(chosen.count)
        let inside = 100 * Double(chosen.count(where: \.isInside)) / count
        let width = exp(chosen.reduce(0) { $0 + $1.width } / count)
        let score = chosen.reduce(0) { $0 + $1.score } / count
        let columns = [
            column("\(key.days)", 6), column(key.group.rawValue, 11), column(key.measure, 11),
            column("\(chosen.count)", 7), column("\(Int(inside.rounded()))", 10),
            column("\((100 * width).rounded() / 100)", 10), "\((1000 * score).rounded() / 1000)",
        ]
        print("  " + columns.joined())
    }
}

private func column(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
}
