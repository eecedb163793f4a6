/// One customer's mixture of components, used again and again.
struct RangeMixture: ~Copyable {
    private(set) var weights: [Double]
    /// By draw: how much larger the logarithm of its scale is than the first one's.
    var shifts: [Double]
    private let phases: Int
    /// The knots on both sides of the age, and how far it is towards the second.
    private(set) var low = 0
    private(set) var high = 0
    private(set) var share = 0.0

    init(draws: Int, phases: Int) {
        self.phases = phases
        weights = Array(repeating: 0, count: draws * phases)
        shifts = Array(repeating: 0, count: draws)
    }

    /// Chooses the knots: the first at or below the age, out of some.
    mutating func place(at knot: Int, _ share: Double, of knots: Int) {
        (low, high, self.share) = (knot, min(knot + 1, knots - 1), share)
    }

    /// Weighs the components by the activity of a customer, by draw and then customer and phase.
    mutating func weigh(_ activities: [[Double]], _ index: Int) {
        for draw in activities.indices {
            for phase in 0..<phases {
                weights[draw * phases + phase] =
                    activities[draw][index * phases + phase] / Double(activities.count)
            }
        }
    }

    /// Makes every outcome but none so many times as likely.
    mutating func scale(by factor: Double) {
        for component in weights.indices { weights[component] *= factor }
    }

    /// The tail at one place of the grid.
    @inline(__always)
    func tail(_ values: Span<Float>, _ grid: TailGrid, at place: Int) -> Double {
        let components = weights.count
        let first = grid.offset + low * components * grid.count + place
        let second = grid.offset + high * components * grid.count + place
        var sum = 0.0
        for component in 0..<components {
            let one = Double(values[first + component * grid.count])
            let other = Double(values[second + component * grid.count])
            sum += weights[component] * (one + share * (other - one))
        }
        return sum
    }

    /// The tail at a place, each draw's shifted by its own scale.
    private func shiftedTail(_ values: Span<Float>, _ grid: TailGrid, at place: Int) -> Double {
        let components = weights.count
        let last = Double(grid.count - 1)
        var sum = 0.0
        for component in 0..<components {
            let shift = shifts[component / phases] / grid.step
            let exact = min(max(0, Double(place) - shift), last)
            let (index, part) = (Int(exact), exact - exact.rounded(.down))
            let next = min(index + 1, grid.count - 1)
            var knots = (0.0, 0.0)
            for (knot, isSecond) in [(low, false), (high, true)] {
                let at = grid.offset + (knot * components + component) * grid.count
                let (one, other) = (Double(values[at + index]), Double(values[at + next]))
                if isSecond {
                    knots.1 = one + part * (other - one)
                } else {
                    knots.0 = one + part * (other - one)
                }
            }
            sum += weights[component] * (knots.0 + share * (knots.1 - knots.0))
        }
        return sum
    }

    /// The largest count that is exceeded with a probability of more than `level`, or none.
    @inline(__always)
    func count(_ values: Span<Float>, _ grid: TailGrid, _ level: Double) -> Double {
        var (start, end) = (0, grid.count)
        while start < end {
            let middle = (start + end) / 2
            if tail(values, grid, at: middle) <= level { end = middle } else { start = middle + 1 }
        }
        return Double(CountLevels.all[start] - 1)
    }

    /// The logarithm that is exceeded with a probability of `level`, between two places.
    @inline(__always)
    func logarithm(_ values: Span<Float>, _ grid: TailGrid, _ level: Double) -> Double {
        weights.count == phases
            ? logarithm(grid, level) { tail(values, grid, at: $0) }
            : logarithm(grid, level) { shiftedTail(values, grid, at: $0) }
    }

    @inline(__always)
    private func logarithm(_ grid: TailGrid, _ level: Double, _ tail: (Int) -> Double) -> Double {
        var (start, end) = (0, grid.count)
        var (above, below) = (1.0, 0.0)
        while start < end {
            let middle = (start + end) / 2
            let value = tail(middle)
            if value <= level {
                (end, below) = (middle, value)
            } else {
                (start, above) = (middle + 1, value)
            }
        }
        guard start > 0 else { return grid.start }
        guard start < grid.count else { return grid.start + grid.step * Double(grid.count - 1) }
        let part = above > below ? (above - level) / (above - below) : 0
        return grid.start + grid.step * (Double(start - 1) + part)
    }
}
