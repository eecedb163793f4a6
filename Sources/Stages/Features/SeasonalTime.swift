package import Domain
import Glibc
package import Parallel

extension Features {
    /// The same customers with t_x and T by a clock that runs faster in busy times, rounded to days.
    ///
    /// The calendar's stay beside them.
    package static func inSeason(
        _ summaries: CustomerSummaries,
        _ ledger: Ledger,
        _ counts: DailyCounts,
        _ index: SeasonalIndex,
        _ team: ThreadTeam
    ) -> CustomerSummaries {
        let (firstDay, asOf) = (counts.firstDay, ledger.asOf)
        let clock = SeasonalClock(index, from: firstDay, asOf: asOf)
        let (offsets, day) = (ledger.offsets, ledger.day)
        let recency = team.column(summaries.count) { customer in
            let (first, last) = (day[Int(offsets[customer])], day[Int(offsets[customer + 1]) - 1])
            return max(last > first ? 1 : 0, Int32(clock.time(from: first, to: last).rounded()))
        }
        let age = team.column(summaries.count) { customer in
            let time = clock.time(from: day[Int(offsets[customer])], to: asOf.number)
            return max(recency[customer], Int32(time.rounded()))
        }
        var seasonal = summaries
        seasonal.calendar = CalendarTimes(
            recency: summaries.recency,
            age: summaries.age,
            clock: clock,
            totalLogRate: counts.repeatPurchases.indices.reduce(0) {
                let count = Double(counts.repeatPurchases[$1])
                return count == 0 ? $0 : $0 + count * log(index.rate(on: firstDay + $1))
            }
        )
        seasonal.recency = recency
        seasonal.age = age
        seasonal.totalLogGap = totalLogGap(ledger, team) { clock.time(from: $0, to: $1) }
        return seasonal
    }
}
