package import Domain
import Glibc

/// How many customers come for the first time on each coming day.
///
/// The rule that was least wrong at earlier dates of the history is taken: the mean of the last two
/// months, quarter, half or whole year, or last year's same days times the change since. The first part of a
/// history counts customers as new who were not, so it is left out.
package struct ArrivalForecast: Sendable {
    /// By coming day, from the day after the as-of date.
    package let perDay: [Double]
    /// The deviation of the level's logarithm.
    package let levelError: Double
    /// What was taken, for people.
    package let rule: String
    /// How many days of history were looked at.
    package let historyDays: Int

    /// While no earlier dates say how far forecasts are off.
    static let defaultError = 0.1

    /// Nil when fewer than two weeks are left to learn from.
    package init?(_ counts: DailyCounts, days: Int) {
        let leftOut = min(182, counts.days / 4)
        let history = counts.newCustomers[leftOut...].map { Double($0) }
        guard history.count >= 14, history.contains(where: { $0 > 0 }) else { return nil }
        historyDays = history.count
        let ahead = max(7, min(days, history.count / 4))
        let earlier = (1...8).map { history.count - $0 * ahead }.filter { $0 >= max(14, ahead) }
        // Where all rules could be tried, if that is more than once.
        let fair = earlier.filter { $0 >= ArrivalRule.longest }
        let origins = fair.count > 1 ? fair : earlier
        var best = (rule: ArrivalRule.mean(days: min(91, history.count)), error: Double.infinity)
        for rule in ArrivalRule.all {
            let errors = origins.compactMap { rule.error(of: history, at: $0, ahead: ahead) }
            // A rule must have been tried as often as the others.
            guard errors.count == origins.count, !errors.isEmpty else { continue }
            let mean = errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)
            if mean.squareRoot() < best.error { best = (rule, mean.squareRoot()) }
        }
        let rule = best.rule
        self.rule = rule.name
        levelError = max(Self.defaultError, best.error.isFinite ? best.error : Self.defaultError)
        perDay = rule.forecast(from: history[...], days: days) ?? []
    }
}

/// A way to continue a history of daily counts.
private enum ArrivalRule {
    case mean(days: Int)
    case lastYear

    static let all = [mean(days: 56), mean(days: 91), mean(days: 182), mean(days: 365), lastYear]

    /// The days of a year, and those that say what has changed since.
    private static let season = (year: 365, recent: 91)
    static let longest = season.year + season.recent

    var name: String {
        switch self {
        case .mean(let days): "mean of the last \(days) days"
        case .lastYear: "last year's days, times the change since"
        }
    }

    /// Nil when the history is too short for it.
    func forecast(from history: ArraySlice<Double>, days: Int) -> [Double]? {
        switch self {
        case .mean(let window):
            guard history.count >= window else { return nil }
            let mean = history.suffix(window).reduce(0, +) / Double(window)
            return Array(repeating: mean, count: days)
        case .lastYear:
            let (year, recent) = ArrivalRule.season
            guard history.count >= year + recent else { return nil }
            let now = history.suffix(recent).reduce(0, +)
            let then = history.dropLast(year).suffix(recent).reduce(0, +)
            guard then > 0 else { return nil }
            let change = min(2, max(0.5, now / then))
            let start = history.endIndex - year
            // A window of two weeks, as weekdays and feasts move.
            return (0..<days).map { day in
                let middle = start + day % year
                let window = max(history.startIndex, middle - 7)..<min(history.endIndex, middle + 8)
                return change * history[window].reduce(0, +) / Double(window.count)
            }
        }
    }

    /// The logarithm of what then came over what the rule would have said.
    func error(of history: [Double], at origin: Int, ahead: Int) -> Double? {
        guard let forecast = forecast(from: history[..<origin], days: ahead) else { return nil }
        let truth = history[origin..<origin + ahead].reduce(0, +)
        return log((truth + 0.5) / (forecast.reduce(0, +) + 0.5))
    }
}
