/// How well one column ranks another: 1 as well as the outcomes themselves, 0 as chance would.
///
/// The Gini coefficient of the outcomes in the descending order of the scores, over that in their
/// own order. Equal scores share their outcomes evenly. Nil when no order is better than another.
func giniOfRanking(by scores: [Double], _ outcomes: [Double]) -> Double? {
    let best = concentration(by: outcomes, outcomes)
    guard best > 0 else { return nil }
    return concentration(by: scores, outcomes) / best
}

/// Twice the area between the curve of the outcomes' running share and the diagonal, unscaled.
private func concentration(by scores: [Double], _ outcomes: [Double]) -> Double {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    let total = outcomes.reduce(0, +)
    guard total > 0 else { return 0 }
    let width = 1 / Double(outcomes.count)
    var (area, reached) = (0.0, 0.0)
    var first = 0
    while first < order.count {
        var last = first
        var part = 0.0
        while last < order.count, scores[order[last]] == scores[order[first]] {
            part += outcomes[order[last]]
            last += 1
        }
        let share = part / total
        area += Double(last - first) * width * (reached + share / 2)
        reached += share
        first = last
    }
    return 2 * area - 1
}
