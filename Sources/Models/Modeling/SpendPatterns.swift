package import Domain

/// The different (number, mean) of the purchase days' totals of customers who spent something.
///
/// Each with the number of customers that have it: shops with few prices have few of them. Sorted,
/// so a fit does not depend on the order of the customers. Means are told apart by as many of their
/// bits as the number leaves of 64, which is eleven decimal digits at ten thousand days.
package struct SpendPatterns: Sendable {
    /// How many purchase days a mean is of.
    package private(set) var days: [Int32] = []
    package private(set) var meanSpend: [Double] = []
    package private(set) var weight: [Double] = []
    package let customers: Int

    package var count: Int { days.count }

    private init(customers: Int) { self.customers = customers }

    package init(_ summaries: CustomerSummaries, _ basis: SpendBasis = .repeatDays) {
        let mostDays = (summaries.repeats.max() ?? 0) + basis.daysBeside
        let daysBits = 32 - mostDays.leadingZeroBitCount
        var keys: [UInt64] = []
        keys.reserveCapacity(summaries.count)
        for index in summaries.repeats.indices {
            let (days, mean) = basis.spend(of: index, in: summaries)
            guard days > 0 && mean > 0 && mean.isFinite else { continue }
            // The sign bit is free, as means are positive here.
            let meanBits = (mean.bitPattern << 1) >> daysBits
            keys.append(UInt64(days) << (64 - daysBits) | meanBits)
        }
        customers = keys.count
        radixSort(&keys, bits: 64)
        forEachRun(of: keys) { key, length in
            let mean = Double(bitPattern: (key << daysBits) >> 1)
            append(
                days: Int32(key >> (64 - daysBits)),
                meanSpend: mean,
                weight: Double(length)
            )
        }
    }

    /// `count` customers, evenly chosen in the order of the patterns.
    package func sample(_ count: Int) -> SpendPatterns {
        var sample = SpendPatterns(customers: count)
        chooseEvenly(count, of: customers, weight) { index, chosen in
            sample.append(days: days[index], meanSpend: meanSpend[index], weight: chosen)
        }
        return sample
    }

    private mutating func append(days: Int32, meanSpend: Double, weight: Double) {
        self.days.append(days)
        self.meanSpend.append(meanSpend)
        self.weight.append(weight)
    }
}

/// Which purchase days a spend model looks at.
package enum SpendBasis: Sendable {
    /// Those after the first: x of them, so that one-timers are average.
    case repeatDays
    /// All x + 1, so that one-timers' own first amount counts.
    case allDays

    /// How many days there are beside the repeat purchases.
    var daysBeside: Int32 { self == .allDays ? 1 : 0 }

    /// How many days those of a customer with `repeats` are.
    package func days(repeats: Int32) -> Int32 { repeats + daysBeside }

    /// The number and the mean total of a customer's days; the mean may be no number without them.
    @inlinable package func spend(
        of customer: Int,
        in summaries: CustomerSummaries
    ) -> (days: Int32, mean: Double) {
        let repeats = summaries.repeats[customer]
        switch self {
        case .repeatDays: return (repeats, summaries.meanSpend[customer])
        case .allDays:
            return (repeats + 1, summaries.historicSpend[customer] / Double(repeats + 1))
        }
    }
}
