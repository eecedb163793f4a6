import Modeling

extension SurvivalTable {
    /// Harrell's concordance of the linear predictor: of the pairs of which one is known to come
    /// before the other, the share where it also has the larger predictor; equal ones count half.
    ///
    /// Who was seen until a time outlasts the events of that time. A tree of counts by rank makes it
    /// n log n.
    func concordance(_ beta: [Double]) -> Double {
        let rank = ranks(predictors(beta))
        var tree = CountTree(Int(rank.max() ?? 0) + 1)
        var (agreeing, tied, pairs) = (0.0, 0.0, 0.0)
        for time in times.indices.reversed() {
            let firstCensored = starts[time] + events[time]
            for row in firstCensored..<starts[time + 1] { tree.add(Int(rank[row])) }
            for row in starts[time]..<firstCensored {
                let below = tree.count(below: Int(rank[row]))
                let equal = tree.count(below: Int(rank[row]) + 1) - below
                agreeing += Double(below)
                tied += Double(equal)
                pairs += Double(tree.total)
            }
            for row in starts[time]..<firstCensored { tree.add(Int(rank[row])) }
        }
        return pairs == 0 ? 0.5 : (agreeing + tied / 2) / pairs
    }

    /// beta x, row by row in the order of the table.
    private func predictors(_ beta: [Double]) -> [Double] {
        (0..<count).map { row in
            var predictor = 0.0
            for column in 0..<numberCount {
                predictor += beta[column] * numbers[column * count + row]
            }
            for (factor, first) in firstGroup.enumerated() {
                let group = Int(groups[factor * count + row])
                if group > 0 { predictor += beta[first + group] }
            }
            return predictor
        }
    }
}

/// The rank of each value among the different ones.
private func ranks(_ values: [Double]) -> [Int32] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var rank = [Int32](repeating: 0, count: values.count)
    for (place, next) in zip(order, order.dropFirst()) {
        rank[next] = rank[place] + (values[next] > values[place] ? 1 : 0)
    }
    return rank
}

/// Counts by rank whose partial sums take log n steps (Fenwick 1994).
private struct CountTree {
    private var sums: [Int]
    private(set) var total = 0

    init(_ ranks: Int) { sums = Array(repeating: 0, count: ranks + 1) }

    mutating func add(_ rank: Int) {
        total += 1
        var place = rank + 1
        while place < sums.count {
            sums[place] += 1
            place += place & -place
        }
    }

    func count(below rank: Int) -> Int {
        var (sum, place) = (0, rank)
        while place > 0 {
            sum += sums[place]
            place -= place & -place
        }
        return sum
    }
}
