import Glibc

/// One of the nine draws that stand for what is not known of the parameters, see `SigmaDesign`.
package struct ParameterDraw: Sendable {
    package var purchases: any PurchaseModel
    /// Nil without a model of spend.
    package var spend: (any SpendModel)?

    package init(purchases: any PurchaseModel, spend: (any SpendModel)?) {
        (self.purchases, self.spend) = (purchases, spend)
    }
}

/// Tails of distributions at evenly spaced places, in one row of numbers.
struct TailGrid: BitwiseCopyable, Sendable {
    /// Where the first of the numbers is.
    var offset = 0
    /// How many places a distribution has.
    var count = 0
    /// The logarithm that the first place stands for, and the distance to the next; not of counts.
    var start = 0.0
    var step = 1.0
}

/// What the ranges of active customers of one x are read from, by knot of the age and component.
///
/// A component is a draw of the parameters and a phase.
struct RangeRow: Sendable {
    /// P(N >= n) at `CountLevels`.
    var counts = TailGrid()
    /// P(S > e^z) of the spend, in units of the customer's scale.
    var spend = TailGrid()
    /// The same of the mean spend of a purchase, if there is any.
    var average = TailGrid()
    /// By knot and phase, of the first draw: the means of N, N^2, S and S^2.
    var moments: [Double] = []
    var values: [Float] = []

    /// Works out the row; `ages` are those of its knots.
    init(repeats: Int32, ages: [Int32], days: Double, _ draws: [ParameterDraw]) {
        let phases = draws.first?.purchases.phases ?? 1
        let outlooks = draws.map { $0.purchases.outlook(repeats: repeats) }
        let counts = ages.map { age in
            outlooks.flatMap { outlook in
                (0..<phases).map { outlook.counts(phase: $0, age: age, days: days) }
            }
        }
        // Nothing is asked below a twentieth.
        let last = counts.joined().map { $0.quantile(0.999) + 1 }.max() ?? 1
        let levels = CountLevels.number(upTo: last)
        self.counts.count = levels
        for counts in counts.joined() {
            for level in 0..<levels { values.append(Float(counts.tail(level))) }
        }
        guard draws.first?.spend != nil else {
            moments = counts.flatMap {
                $0.prefix(phases).flatMap { [$0.mean, $0.meanSquare, 0, 0] }
            }
            return
        }
        let totals = draws.map { draw in
            (0..<levels).compactMap {
                draw.spend?.total(purchases: CountLevels.middle($0), repeats: repeats)
            }
        }
        let masses = counts.map { $0.map { $0.masses(levels) } }
        addSpend(totals, masses, phases)
        addAverage(totals, masses, phases)
        for (counts, masses) in zip(counts, masses) {
            for phase in 0..<phases {
                let parts = zip(masses[phase], totals[0])
                moments += [
                    counts[phase].mean, counts[phase].meanSquare,
                    parts.reduce(0) { $0 + $1.0 * $1.1.mean },
                    parts.reduce(0) { $0 + $1.0 * $1.1.meanSquare },
                ]
            }
        }
    }

    private mutating func addSpend(
        _ totals: [[LogSpend]],
        _ masses: [[[Double]]],
        _ phases: Int
    ) {
        spend = grid(totals.map { $0.map { ($0.reach, $0.deviation) } })
        let tails = totals.map { totals in
            totals.map { $0.tails(from: spend.start, step: spend.step, count: spend.count) }
        }
        add(tails, masses, phases, spend.count)
    }

    private mutating func addAverage(
        _ totals: [[LogSpend]],
        _ masses: [[[Double]]],
        _ phases: Int
    ) {
        let logs = totals[0].indices.map { log(CountLevels.middle($0)) }
        average = grid(
            totals.map { totals in
                zip(totals, logs).map { total, log in
                    let reach = total.reach
                    return ((reach.lowerBound - log)...(reach.upperBound - log), total.deviation)
                }
            }
        )
        let tails = totals.map { totals in
            zip(totals, logs).map { total, log in
                total.tails(from: average.start + log, step: average.step, count: average.count)
            }
        }
        add(tails, masses, phases, average.count)
    }

    /// A grid that holds all of some distributions, so fine that what lies between places can be
    /// interpolated to a few thousandths.
    private func grid(_ parts: [[(reach: ClosedRange<Double>, deviation: Double)]]) -> TailGrid {
        let parts = parts.joined()
        let start = parts.map(\.reach.lowerBound).min() ?? 0
        let end = parts.map(\.reach.upperBound).max() ?? 1
        let finest = (0.015 * (parts.map(\.deviation).min() ?? 1)).squareRoot()
        let count = min(max(Int((end - start) / finest) + 2, 16), 400)
        return TailGrid(
            offset: values.count,
            count: count,
            start: start,
            step: (end - start) / Double(count - 1)
        )
    }

    /// Adds the mixtures of `tails`, by draw and level, with `masses`, by knot and component.
    private mutating func add(
        _ tails: [[[Double]]],
        _ masses: [[[Double]]],
        _ phases: Int,
        _ count: Int
    ) {
        var mixed = [Double](repeating: 0, count: count)
        for (component, masses) in masses.joined().enumerated() {
            let draw = component / phases % tails.count
            for place in 0..<count { mixed[place] = 0 }
            for (level, mass) in masses.enumerated() where mass > 0 {
                let tail = tails[draw][level]
                for place in 0..<count { mixed[place] += mass * tail[place] }
            }
            for number in mixed { values.append(Float(number)) }
        }
    }
}

extension CountDistribution {
    /// P(N >= n) at one of the levels.
    fileprivate func tail(_ level: Int) -> Double {
        let count = Int(CountLevels.all[level])
        return count < atLeast.count ? atLeast[count] : 0
    }

    /// The probabilities of the counts from each level up to the next; the last takes all that is left.
    fileprivate func masses(_ levels: Int) -> [Double] {
        (0..<levels).map { level in
            max(0, tail(level) - (level + 1 < levels ? tail(level + 1) : 0))
        }
    }

    /// The mean of the square: the sum of (2 n - 1) P(N >= n).
    fileprivate var meanSquare: Double {
        var sum = 0.0
        for n in atLeast.indices.dropFirst() { sum += Double(2 * n - 1) * atLeast[n] }
        return sum
    }
}
