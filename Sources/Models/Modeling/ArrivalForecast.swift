package import Domain
import Glibc

/// How many customers come for the first time on each coming day.
///
/// One rule is taken for all days, that which was least wrong at earlier dates of the history over a
/// month, a quarter and half a year: the mean of the last four weeks up to the whole year, or last
/// year's same days times the change since. How far it is off is found for a ladder of horizons, so that
/// nothing depends on the horizons that are asked for.
package struct ArrivalForecast: Sendable {
    /// By coming day, from the day after the as-of date.
    package let perDay: [Double]
    /// Since the last newcomer, when nobody seems to come any more.
    package let silentDays: Int?
    /// Of newcomers about their level, the variance over the mean.
    package let dispersion: Double
    /// What was taken, for people.
    package let rule: String
    /// How many days of history were looked at.
    package let historyDays: Int
    /// By step of the ladder.
    private let levelErrors: [Double]
    /// How many customers the rule was learnt from.
    private let basis: Double

    /// The level error of a week of which nothing is known, and how it grows with the horizon.
    private static let usual = (error: 0.15, growth: 0.4)
    private static let ladder = [7, 30, 91, 182, 365]
    private static let origins = 8

    /// Nil when the history is too short to learn from.
    package init?(_ counts: DailyCounts, days: Int) {
        guard let history = ArrivalHistory(counts) else { return nil }
        historyDays = history.days
        silentDays = history.silentDays
        let rule = silentDays.map { .nobody(days: $0) } ?? Self.bestRule(history)
        guard let outlook = rule.outlook(history, known: history.days, days: days) else {
            return nil
        }
        self.rule = rule.name
        levelErrors = Self.levelErrors(of: rule, history)
        (perDay, basis) = (outlook.perDay, outlook.basis)
        dispersion = silentDays == nil ? history.dispersion : 1
    }

    /// The dates from which `days` end by the as-of date one after another.
    private static func origins(_ history: ArrivalHistory, _ days: Int, atLeast: Int) -> [Int] {
        (1...origins).map { history.days - $0 * days }.filter { $0 >= atLeast }
    }

    private static func bestRule(_ history: ArrivalHistory) -> ArrivalRule {
        func dates(_ leastKnown: (_ days: Int) -> Int) -> [(days: Int, known: [Int])] {
            [30, 91, 182].map { ($0, origins(history, $0, atLeast: leastKnown($0))) }
                .filter { !$0.1.isEmpty }
        }
        // Where all rules could be tried, if that is more than twice.
        let fair = dates { _ in ArrivalRule.longest }
        let tried = fair.reduce(0) { $0 + $1.known.count } > 2 ? fair : dates { max(28, $0) }
        var best = (rule: ArrivalRule.mean(days: min(91, history.days)), error: Double.infinity)
        for rule in ArrivalRule.all where !tried.isEmpty {
            let errors = tried.compactMap { days, known -> Double? in
                let misses = known.compactMap { rule.miss(history, known: $0, days: days) }
                // A rule must have been tried as often as the others.
                guard misses.count == known.count else { return nil }
                return misses.reduce(0) { $0 + abs($1.log) } / Double(known.count)
            }
            let error = errors.reduce(0, +)
            if errors.count == tried.count, error < best.error { best = (rule, error) }
        }
        return best.rule
    }

    /// They never fall with the horizon, and what a shorter one is off by is expected of a longer one.
    private static func levelErrors(of rule: ArrivalRule, _ history: ArrivalHistory) -> [Double] {
        guard case .nobody = rule else {
            var errors: [Double] = []
            for (step, days) in ladder.enumerated() {
                let misses = origins(history, days, atLeast: max(14, days)).compactMap {
                    rule.miss(history, known: $0, days: days)
                }
                let least = errors.last ?? 0
                let usual = step == 0 ? usual.error : grown(least, from: ladder[step - 1], to: days)
                let found = levelDeviation(misses, usual: usual)
                errors.append(max(least, found))
            }
            return errors
        }
        // What is not known of nobody is all in the rule's basis.
        return ladder.map { _ in 0 }
    }

    private static func grown(_ error: Double, from days: Int, to longer: Int) -> Double {
        min(largestLevelDeviation, error * pow(Double(longer) / Double(days), usual.growth))
    }

    /// The deviation of the logarithm of the level over some days.
    package func levelError(ofDays days: Int) -> Double {
        let ladder = Self.ladder
        guard let next = ladder.firstIndex(where: { days <= $0 }) else {
            let last = ladder.count - 1
            return Self.grown(levelErrors[last], from: ladder[last], to: days)
        }
        guard next > 0 else { return levelErrors[0] }
        let place =
            log(Double(days) / Double(ladder[next - 1]))
            / log(Double(ladder[next]) / Double(ladder[next - 1]))
        return levelErrors[next - 1] + place * (levelErrors[next] - levelErrors[next - 1])
    }

    /// For people: the rule, and how far it may be off.
    package func sentence(_ horizonsDays: [Int]) -> String {
        guard silentDays == nil else { return rule }
        let errors = Set(horizonsDays).sorted().map { days in
            "\(Int((100 * levelError(ofDays: days)).rounded())) % in \(days) days"
        }
        return "\(rule); taken to be off by \(errors.joined(separator: ", ")) beyond chance"
    }

    /// The level error, with that of the number of customers that the rule was learnt from.
    package func deviation(ofDays days: Int) -> Double {
        let level = levelError(ofDays: days)
        return (level * level + log1p(dispersion / basis)).squareRoot()
    }
}
