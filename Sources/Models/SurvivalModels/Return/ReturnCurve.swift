import Glibc

/// The cumulative hazard of the second purchase by days since the first: day by day as far as the
/// follow-up reaches, then the tail.
package struct ReturnCurve: Hashable, Sendable {
    /// H by day, from 0 to the follow-up.
    package let daily: [Double]
    package let tail: HazardTail

    package init(daily: [Double], tail: HazardTail) {
        precondition(daily.count == Int(tail.followUp) + 1)
        (self.daily, self.tail) = (daily, tail)
    }

    package init(_ baseline: Baseline) {
        let followUp = baseline.followUp
        var sum = 0.0
        daily = baseline.days(upTo: followUp).map { day in
            if day.events > 0 { sum += Double(day.events) / day.atRisk }
            return sum
        }
        tail = HazardTail(followUp: followUp, of: baseline)
    }

    /// H after whole days; infinite days are allowed.
    package func cumulativeHazard(_ days: Double) -> Double {
        guard days > tail.followUp else { return daily[Int(max(0, days))] }
        let end = daily[daily.count - 1]
        return end + (days.isFinite ? tail.growth(to: days) : tail.limit)
    }
}
