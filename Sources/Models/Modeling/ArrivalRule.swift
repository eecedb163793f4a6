import Glibc

/// A way to continue a history of daily counts.
enum ArrivalRule: Hashable {
    case mean(days: Int)
    case lastYear
    /// Nobody came for so long that nobody will: by half a customer more than there were.
    case nobody(days: Int)

    static let all = [
        mean(days: 28), mean(days: 56), mean(days: 91), mean(days: 182), mean(days: 365), lastYear,
    ]

    /// What a rule says of coming days.
    struct Outlook {
        var perDay: [Double]
        /// How many customers it was learnt from.
        var basis: Double

        var sum: Double { perDay.reduce(0, +) }
    }

    /// Of these times, `recent` says what has changed since last year's same days.
    private static let season = (year: 365, recent: 91)
    /// Of nobody no rule says that nobody ever comes.
    private static let least = 0.5

    /// How much history it takes.
    var daysNeeded: Int {
        switch self {
        case .mean(let days): days
        case .lastYear: ArrivalRule.season.year + ArrivalRule.season.recent
        case .nobody: 0
        }
    }

    static let longest = lastYear.daysNeeded

    var name: String {
        switch self {
        case .mean(let days): "as many a day as in the last \(days) days"
        case .lastYear: "last year's days, times the change since"
        case .nobody(let days): "hardly any: nobody new for \(days) days"
        }
    }

    /// From the first `known` days of a history; nil when they are too few for it.
    func outlook(_ history: ArrivalHistory, known: Int, days: Int) -> Outlook? {
        guard known >= daysNeeded else { return nil }
        switch self {
        case .mean(let window):
            let count = max(history.count(known - window..<known), ArrivalRule.least)
            let mean = count / Double(window)
            return Outlook(perDay: Array(repeating: mean, count: days), basis: count)
        case .lastYear: return ArrivalRule.lastYear(history, known, days)
        case .nobody(let silent):
            let mean = ArrivalRule.least / Double(silent)
            return Outlook(
                perDay: Array(repeating: mean, count: days),
                basis: ArrivalRule.least
            )
        }
    }

    private static func lastYear(_ history: ArrivalHistory, _ known: Int, _ days: Int) -> Outlook? {
        let start = known - season.year
        let now = history.count(known - season.recent..<known)
        let then = history.count(start - season.recent..<start)
        guard now > 0, then > 0 else { return nil }
        let change = min(2, max(0.5, now / then))
        // A window of two weeks, as weekdays and feasts move.
        let perDay = (0..<days).map { day in
            let middle = start + day % season.year
            let window = max(0, middle - 7)..<min(known, middle + 8)
            return change * history.count(window) / Double(window.count)
        }
        return Outlook(perDay: perDay, basis: 1 / (1 / now + 1 / then))
    }

    /// How far it would have been off over the days after the first `known` ones.
    func miss(_ history: ArrivalHistory, known: Int, days: Int) -> LevelMiss? {
        guard let outlook = outlook(history, known: known, days: days) else { return nil }
        let (expected, truth) = (outlook.sum, history.count(known..<known + days))
        let error = log((truth + ArrivalRule.least) / (expected + ArrivalRule.least))
        let chance =
            log1p(history.dispersion / max(expected, ArrivalRule.least))
            + log1p(history.dispersion / outlook.basis)
        return LevelMiss(log: error, chance: chance)
    }
}
