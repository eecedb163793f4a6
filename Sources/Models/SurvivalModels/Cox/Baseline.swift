/// Breslow's cumulative hazard at the mean of the numbers and the first group of every factor.
///
/// Breslow 1972, in the discussion of Cox's paper: each time adds its events over the sum of
/// exp(beta x) of everybody who was still waiting.
package struct Baseline: Sendable {
    package let times: [Int32]
    /// By time: the events, and that sum.
    package let events: [Int]
    package let atRisk: [Double]
    /// By time: how many rows were still waiting.
    package let waiting: [Int]

    init(_ table: SurvivalTable, atRisk: [Double]) {
        (times, events, self.atRisk) = (table.times, table.events, atRisk)
        waiting = table.starts.dropLast().map { table.count - $0 }
    }

    /// H at a time: that of the last time at or before it.
    package func cumulativeHazard(at time: Double) -> Double {
        var sum = 0.0
        for index in times.indices where Double(times[index]) <= time {
            sum += Double(events[index]) / atRisk[index]
        }
        return sum
    }
}
