import Domain
import Parallel

/// Where scores and levels begin.
///
/// They belong to a version of the models: found in the customers that it was trained on, stored
/// with it and used as long as it is, so that no customer changes segment because others moved.
/// A value's group is the number of cuts strictly below it, so equal values share one.
package struct CutPoints: Codable, Hashable, Sendable {
    /// Quintiles of the days since the last purchase day.
    package internal(set) var recency: [Double] = []
    /// Quintiles of the number of purchase days.
    package internal(set) var frequency: [Double] = []
    /// Quintiles of the net total; empty without amounts.
    package internal(set) var monetary: [Double] = []
    /// Quartiles of the expected value by horizon in days; empty without a model of spend.
    package internal(set) var value: [Int: [Double]] = [:]

    static let scores = 5

    /// None: all are found anew in the customers at hand.
    package init() {}

    /// Finds the cuts of the scores that are not there yet.
    mutating func complete(from summaries: CustomerSummaries, _ team: ThreadTeam) {
        func cuts(
            _ known: [Double],
            _ values: @escaping @Sendable (Range<Int>) -> [Double]
        ) -> [Double] {
            guard known.count != CutPoints.scores - 1 else { return known }
            return SortedColumn(summaries.count, team, values).cuts(into: CutPoints.scores)
        }
        recency = cuts(recency) { summaries.daysSinceLast($0) }
        frequency = cuts(frequency) { summaries.purchaseDays($0) }
        guard summaries.hasAmounts else { return }
        monetary = cuts(monetary) { summaries.netTotal($0) }
    }
}

/// How many of some cuts lie strictly below a value.
func group(of value: Double, by cuts: [Double]) -> Int {
    var group = 0
    for cut in cuts { group &+= cut < value ? 1 : 0 }
    return group
}

/// What is scored, as it is published.
extension CustomerSummaries {
    func daysSinceLast(_ customers: Range<Int>) -> [Double] {
        let (age, recency) = (calendarAge, calendarRecency)
        return customers.map { Double(age[$0] - recency[$0]) }
    }

    func purchaseDays(_ customers: Range<Int>) -> [Double] {
        customers.map { Double(repeats[$0] + 1) }
    }

    func netTotal(_ customers: Range<Int>) -> [Double] {
        published(Array(historicSpend[customers]), .historicSpend)
    }
}
