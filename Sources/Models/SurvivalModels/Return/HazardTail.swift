import Glibc

/// The cumulative hazard beyond the follow-up m: H(m) + c ((t / m)^g - 1) / g, with g <= 1.
///
/// The hazard (c / m) (t / m)^(g - 1) falls, or stays at g = 1. At g = 0 the growth is c ln(t / m);
/// below, it has an end at -c / g: some never come back.
package struct HazardTail: Hashable, Sendable {
    /// The end of the follow-up, in days.
    package let followUp: Double
    /// m times the hazard at m.
    package let c: Double
    package let g: Double

    package init(followUp: Double, c: Double, g: Double) {
        precondition(followUp > 0 && c >= 0 && g <= 1)
        (self.followUp, self.c, self.g) = (followUp, c, g)
    }

    /// H(t) - H(m) for t >= m.
    package func growth(to time: Double) -> Double {
        let logTime = log(time / followUp)
        let exponent = g * logTime
        guard abs(exponent) > 1e-10 else { return c * logTime * (1 + exponent / 2) }
        return c * expm1(exponent) / g
    }

    /// Where the growth ends; infinite unless g < 0.
    package var limit: Double { c == 0 ? 0 : g < 0 ? -c / g : .infinity }
}

extension HazardTail {
    /// How many events the slope of the hazard has to be seen in.
    private static let eventsWanted = 30
    private static let steepest = -30.0

    /// Fits the tail to the end of a baseline: its last half, or as much as has events enough.
    ///
    /// The events of a day are Poisson with mean (sum at risk) times hazard, whose logarithm is a line
    /// in ln t: two parameters by Newton's method, the slope kept at zero or below.
    package init(followUp: Int, of baseline: Baseline) {
        let days = baseline.days(upTo: followUp)
        var first = followUp / 2 + 1
        var seen = days[min(first, followUp)...].reduce(0) { $0 + $1.events }
        while seen < HazardTail.eventsWanted, first > 1 {
            first -= 1
            seen += days[first].events
        }
        let window = (first...followUp).map { day in
            (
                log: log(Double(day) / Double(followUp)), events: Double(days[day].events),
                atRisk: days[day].atRisk
            )
        }
        let events = window.reduce(0) { $0 + $1.events }
        guard events > 0 else {
            self.init(followUp: Double(followUp), c: 0, g: 1)
            return
        }
        var slope = 0.0
        for _ in 0..<50 {
            // With the level at its best for the slope, what is left is one equation.
            var (weight, mean, square) = (0.0, 0.0, 0.0)
            for day in window {
                let expected = day.atRisk * exp(slope * day.log)
                weight += expected
                mean += expected * day.log
                square += expected * day.log * day.log
            }
            mean /= weight
            let variance = square / weight - mean * mean
            let score = window.reduce(0) { $0 + $1.events * $1.log } - events * mean
            guard variance > 1e-12 else { break }
            let next = min(0, max(HazardTail.steepest, slope + score / (events * variance)))
            let isDone = abs(next - slope) < 1e-10
            slope = next
            if isDone { break }
        }
        let weight = window.reduce(0) { $0 + $1.atRisk * exp(slope * $1.log) }
        self.init(followUp: Double(followUp), c: Double(followUp) * events / weight, g: 1 + slope)
    }
}

extension Baseline {
    /// The events of each day from 0 on, and the sum of exp(beta x) of those still waiting then.
    func days(upTo last: Int) -> [(events: Int, atRisk: Double)] {
        var days = [(events: Int, atRisk: Double)](repeating: (0, 0), count: last + 1)
        var next = times.count - 1
        while next > 0, times[next - 1] >= last { next -= 1 }
        for day in days.indices.reversed() {
            while next > 0, Int(times[next - 1]) >= day { next -= 1 }
            guard next < times.count, Int(times[next]) >= day else { continue }
            days[day] = (Int(times[next]) == day ? events[next] : 0, atRisk[next])
        }
        return days
    }

    /// The last time at which enough were still waiting for its hazard to be more than chance.
    var followUp: Int {
        let all = waiting.first ?? 0
        let wanted = max(1, min(50, all / 10))
        let last = times.indices.last { waiting[$0] >= wanted }
        return max(1, Int(last.map { times[$0] } ?? 1))
    }
}
