import Domain

/// How many customers came for the first time on each day that counts.
///
/// The first part of a history counts customers as new who were not, so it is left out.
struct ArrivalHistory: Sendable {
    /// By number of days: who came in them.
    private let sums: [Double]
    /// Since the last newcomer, when nobody seems to come any more.
    let silentDays: Int?
    /// Of a week's newcomers about their level, the variance over the mean: 1 where only chance is.
    let dispersion: Double

    /// Nil when fewer than two weeks are left to learn from, or nobody came.
    init?(_ counts: DailyCounts) {
        let days = counts.newCustomers[Self.leftOut(of: counts)...]
        silentDays = silence(counts.newCustomers)
        guard days.count >= 14, silentDays != nil || days.contains(where: { $0 > 0 }) else {
            return nil
        }
        sums = days.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + Double($1)) }
        dispersion = weeklyDispersion(Array(days))
    }

    /// How many days of the first part are left out.
    static func leftOut(of counts: DailyCounts) -> Int { min(182, counts.days / 4) }

    var days: Int { sums.count - 1 }

    /// Who came from one day up to another, which is left out.
    func count(_ days: Range<Int>) -> Double { sums[days.upperBound] - sums[days.lowerBound] }
}

/// The days since the last newcomer, when they are no accident: at least four weeks, twice as long as
/// ever before, and ten or more would have come.
private func silence(_ new: [Int]) -> Int? {
    guard let last = new.lastIndex(where: { $0 > 0 }) else { return nil }
    let silent = new.count - 1 - last
    var (longest, before) = (0, 0)
    for day in 0...last where new[day] > 0 {
        longest = max(longest, day - before)
        before = day
    }
    let recent = new[max(0, last - 90)...last]
    let missing = Double(recent.reduce(0, +)) / Double(recent.count) * Double(silent)
    return silent >= 28 && silent > 2 * longest && missing >= 10 ? silent : nil
}

/// From the steps between weeks, so that a slow change of the level does not count.
private func weeklyDispersion(_ days: [Int]) -> Double {
    let weeks = (0..<days.count / 7).map { week in
        Double(days[days.count - 7 * (week + 1)..<days.count - 7 * week].reduce(0, +))
    }
    let sum = weeks.reduce(0, +)
    guard weeks.count > 4, sum > 0 else { return 1 }
    let squares = zip(weeks, weeks.dropFirst()).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return max(1, squares / 2 / Double(weeks.count - 1) * Double(weeks.count) / sum)
}
