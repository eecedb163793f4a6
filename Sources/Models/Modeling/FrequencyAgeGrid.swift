package import Domain

/// The different (x, T) of a customer base.
///
/// What an active customer will do depends on x and T alone in many models, and a base has few of
/// those pairs. They are worked out once, and customers look them up.
package struct FrequencyAgeGrid: Sendable {
    /// The pairs that some customer has, by x and then T.
    package private(set) var repeats: [Int32] = []
    package private(set) var age: [Int32] = []
    /// By pair: the index of its x in `differentRepeats`.
    package private(set) var row: [Int32] = []
    package private(set) var differentRepeats: [Int32] = []
    package let ageMax: Int
    /// By age: its rank among the ages that occur.
    @usableFromInline let ageRank: [Int32]
    /// By x: where its row would begin in `pairAt` if it began with rank 0.
    @usableFromInline let rowBase: [Int]
    /// The index of a pair; -1 where no customer has it.
    @usableFromInline private(set) var pairAt: [Int32]

    /// `isCoarse`: ages are rounded to one of sixteen in each doubling, 1 % off on average and both ways.
    ///
    /// For totals, in which that cancels; there are several times fewer pairs.
    package init(_ summaries: CustomerSummaries, isCoarse: Bool = false) {
        let (x, ages) = (summaries.repeats, summaries.age)
        ageMax = Int(ages.max() ?? 0)
        let ranks = Ranks(of: [isCoarse ? ages.map(rounded) : ages])
        let ageRank =
            isCoarse ? (0...Int32(ageMax)).map { ranks.rank[Int(rounded($0))] } : ranks.rank
        let repeatsMax = Int(x.max() ?? 0)
        var lowest = [Int32](repeating: .max, count: repeatsMax + 1)
        var highest = [Int32](repeating: -1, count: repeatsMax + 1)
        for index in x.indices {
            let (row, rank) = (Int(x[index]), ageRank[Int(ages[index])])
            lowest[row] = min(lowest[row], rank)
            highest[row] = max(highest[row], rank)
        }
        var bases: [Int] = []
        var cells = 0
        for row in lowest.indices {
            bases.append(cells - Int(lowest[row]))
            if highest[row] >= 0 { cells += Int(highest[row] - lowest[row]) + 1 }
        }
        self.ageRank = ageRank
        rowBase = bases
        pairAt = Array(repeating: -1, count: cells)
        for index in x.indices { pairAt[bases[Int(x[index])] + Int(ageRank[Int(ages[index])])] = 0 }
        for row in lowest.indices where highest[row] >= 0 {
            differentRepeats.append(Int32(row))
            for rank in lowest[row]...highest[row] where pairAt[bases[row] + Int(rank)] == 0 {
                pairAt[bases[row] + Int(rank)] = Int32(repeats.count)
                repeats.append(Int32(row))
                self.row.append(Int32(differentRepeats.count - 1))
                age.append(ranks.numbers[Int(rank)])
            }
        }
    }

    package var count: Int { repeats.count }

    /// The index of a customer's pair.
    @inlinable package func pair(repeats: Int32, age: Int32) -> Int {
        Int(pairAt[rowBase[Int(repeats)] + Int(ageRank[Int(age)])])
    }
}

/// Halves go to the even neighbour, so that ages are not longer on average.
private func rounded(_ age: Int32) -> Int32 {
    let step: Int32 = 1 << max(0, 27 - age.leadingZeroBitCount)
    let (whole, rest) = age.quotientAndRemainder(dividingBy: step)
    let isUp = 2 * rest > step || 2 * rest == step && whole % 2 == 1
    return (isUp ? whole + 1 : whole) * step
}
