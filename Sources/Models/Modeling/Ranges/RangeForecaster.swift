package import Domain
import Glibc
package import Parallel

/// The 5 % and 95 % quantiles of what customers do within a horizon, in columns.
package struct RangeForecast: Sendable {
    package typealias Column = (low: [Double], high: [Double])

    package var purchases: Column = ([], [])
    /// Empty without a model of spend.
    package var spend: Column = ([], [])
    /// Of the mean spend of a purchase, given that there is one.
    package var average: Column = ([], [])
    /// The variances of the purchases and of the spend with the parameters as fitted.
    package var purchaseVariance: [Double] = []
    package var spendVariance: [Double] = []
}

/// Finds the ranges of customers of one base over one horizon.
///
/// A customer's outcome is a mixture, over draws of the parameters and phases, of what active
/// customers of that x and T do, weighted by being active; so tails are in tables by x, knots of T and
/// component, and a quantile is found by halving. The sum of n purchases has a known distribution in
/// units of a scale of the customer's own, so the tables know nothing of amounts. Quantiles are within
/// 1 % of the mixture's.
package struct RangeForecaster: Sendable {
    private let draws: [ParameterDraw]
    private let knots: AgeKnots
    /// By x: its row; -1 where no customer has it.
    private let rowAt: [Int32]
    private let rows: [Place]
    private let values: [Float]
    private let moments: [Double]
    private let phases: Int

    /// Where a row's tables are.
    private struct Place: BitwiseCopyable, Sendable {
        var firstKnot: Int
        var knots: Int
        var counts: TailGrid
        var spend: TailGrid
        var average: TailGrid
        var moments: Int
    }

    package static let shares = (low: 0.05, high: 0.95)
    /// Of some hundred numbers each: with more, the first draw stands for all.
    private static let mostCells = 100_000

    package init(
        _ draws: [ParameterDraw],
        for summaries: CustomerSummaries,
        days: Double,
        _ team: ThreadTeam
    ) {
        let first = draws[0].purchases
        let knots = AgeKnots(summaries, scale: first.ageScale)
        let (repeats, ranges) = RangeForecaster.rows(of: summaries, knots)
        let cells = ranges.reduce(0) { $0 + $1.count } * draws.count * first.phases
        let draws = cells > RangeForecaster.mostCells ? [draws[0]] : draws
        let built = team.map(repeats.count) { row in
            RangeRow(
                repeats: repeats[row],
                ages: Array(knots.ages[ranges[row]]),
                days: days,
                draws
            )
        }
        var (values, moments, places): ([Float], [Double], [Place]) = ([], [], [])
        values.reserveCapacity(built.reduce(0) { $0 + $1.values.count })
        for (row, range) in zip(built, ranges) {
            func moved(_ grid: TailGrid) -> TailGrid {
                var grid = grid
                grid.offset += values.count
                return grid
            }
            places.append(
                Place(
                    firstKnot: range.lowerBound,
                    knots: range.count,
                    counts: moved(row.counts),
                    spend: moved(row.spend),
                    average: moved(row.average),
                    moments: moments.count
                )
            )
            values += row.values
            moments += row.moments
        }
        var rowAt = [Int32](repeating: -1, count: Int(repeats.last ?? 0) + 1)
        for (row, x) in repeats.enumerated() { rowAt[Int(x)] = Int32(row) }
        (self.draws, self.knots, self.rowAt, rows) = (draws, knots, rowAt, places)
        (self.values, self.moments, phases) = (values, moments, first.phases)
    }

    /// The different x, and for each the knots around the ages of its customers.
    private static func rows(
        of summaries: CustomerSummaries,
        _ knots: AgeKnots
    ) -> (repeats: [Int32], knots: [ClosedRange<Int>]) {
        let most = Int(summaries.repeats.max() ?? 0)
        var lowest = [Int](repeating: .max, count: most + 1)
        var highest = [Int](repeating: -1, count: most + 1)
        for index in summaries.repeats.indices {
            let (x, knot) = (
                Int(summaries.repeats[index]), knots.place(of: summaries.age[index]).knot
            )
            lowest[x] = min(lowest[x], knot)
            highest[x] = max(highest[x], knot)
        }
        let repeats = lowest.indices.filter { highest[$0] >= 0 }
        let last = knots.ages.count - 1
        return (repeats.map { Int32($0) }, repeats.map { lowest[$0]...min(highest[$0] + 1, last) })
    }

    /// `oneTimersReturn` holds return probabilities, in the order of the customers, that one-timers have
    /// by a model of their own: given that they return, they go on as the purchase model says.
    package func forecast(
        _ customers: Range<Int>,
        of summaries: CustomerSummaries,
        oneTimersReturn: [Double]? = nil
    ) -> RangeForecast {
        let activities = draws.map { $0.purchases.activity(customers, of: summaries) }
        let scales = draws.compactMap { $0.spend?.scale(customers, of: summaries) }
        var ranges = RangeForecast()
        ranges.reserve(customers.count, hasSpend: !scales.isEmpty)
        var mixture = RangeMixture(draws: draws.count, phases: phases)
        let values = values.span
        for (index, customer) in customers.enumerated() {
            let place = rows[Int(rowAt[Int(summaries.repeats[customer])])]
            let (knot, share) = knots.place(of: summaries.age[customer])
            mixture.place(at: knot - place.firstKnot, share, of: place.knots)
            mixture.weigh(activities, index)
            var returns = mixture.tail(values, place.counts, at: 0)
            if let known = oneTimersReturn?[index], summaries.repeats[customer] == 0, returns > 0 {
                mixture.scale(by: known / returns)
                returns = known
            }
            let low = 1 - RangeForecaster.shares.low
            let high = 1 - RangeForecaster.shares.high
            ranges.purchases.low.append(mixture.count(values, place.counts, low))
            ranges.purchases.high.append(mixture.count(values, place.counts, high))
            addVariances(&ranges, mixture, place, scales.first?[index])
            guard let scale = scales.first?[index] else { continue }
            if draws.count > 1 {
                for draw in draws.indices {
                    mixture.shifts[draw] = log(scales[draw][index] / scale)
                }
            }
            func quantile(_ grid: TailGrid, _ level: Double) -> Double {
                guard returns > level else { return 0 }
                return scale * exp(mixture.logarithm(values, grid, level))
            }
            ranges.spend.low.append(quantile(place.spend, low))
            ranges.spend.high.append(quantile(place.spend, high))
            // Given that there is a purchase: never nothing.
            ranges.average.low.append(quantile(place.average, low * returns))
            ranges.average.high.append(quantile(place.average, high * returns))
        }
        return ranges
    }

    private func addVariances(
        _ ranges: inout RangeForecast,
        _ mixture: borrowing RangeMixture,
        _ place: Place,
        _ scale: Double?
    ) {
        var sums = SIMD4<Double>()
        for phase in 0..<phases {
            var both = SIMD4<Double>()
            for (knot, part) in [
                (mixture.low, 1 - mixture.share), (mixture.high, mixture.share),
            ] where part > 0 {
                let at = place.moments + 4 * (knot * phases + phase)
                both +=
                    part
                    * SIMD4(moments[at], moments[at + 1], moments[at + 2], moments[at + 3])
            }
            // Of the first draw alone: the parameters' own uncertainty is shared, and added to sums.
            sums += Double(draws.count) * mixture.weights[phase] * both
        }
        ranges.purchaseVariance.append(max(0, sums[1] - sums[0] * sums[0]))
        guard let scale else { return }
        ranges.spendVariance.append(max(0, sums[3] - sums[2] * sums[2]) * scale * scale)
    }
}

extension RangeForecast {
    fileprivate mutating func reserve(_ count: Int, hasSpend: Bool) {
        purchases.low.reserveCapacity(count)
        purchases.high.reserveCapacity(count)
        purchaseVariance.reserveCapacity(count)
        guard hasSpend else { return }
        spend.low.reserveCapacity(count)
        spend.high.reserveCapacity(count)
        average.low.reserveCapacity(count)
        average.high.reserveCapacity(count)
        spendVariance.reserveCapacity(count)
    }
}
