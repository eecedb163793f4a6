package import Domain

/// The different (x, t_x, T) of a customer base, each with the number of customers that have it.
///
/// Fitting needs nothing more, and a base has far fewer patterns than customers. They are sorted,
/// so a fit does not depend on the order of the customers. Times are indices into `days`, so that
/// what depends on one time alone is tabulated over the few that occur.
package struct PurchasePatterns: Sendable {
    /// The different lengths of time in days, shortest first.
    package let days: [Int32]
    package private(set) var repeats: [Int32] = []
    /// t_x, as an index into `days`.
    package private(set) var recency: [Int32] = []
    /// T, as an index into `days`.
    package private(set) var age: [Int32] = []
    package private(set) var weight: [Double] = []
    package let customers: Int
    /// The sum of x over customers.
    package private(set) var totalRepeats = 0.0
    /// The sum over repeat purchases of ln(days since the purchase before).
    package private(set) var totalLogGap = 0.0
    private var totalAge = 0.0

    package var count: Int { repeats.count }

    private init(customers: Int, days: [Int32]) {
        self.customers = customers
        self.days = days
    }

    package init(_ summaries: CustomerSummaries) {
        let ranks = Ranks(of: [summaries.recency, summaries.age])
        self.init(customers: summaries.count, days: ranks.numbers)
        totalLogGap = summaries.totalLogGap
        let dayBits = bits(ranks.numbers.count)
        let bitsInAll = bits(Int(summaries.repeats.max() ?? 0)) + 2 * dayBits
        precondition(bitsInAll <= 64, "over a million different days and purchases per customer")
        var keys = summaries.repeats.indices.map { index in
            let x = UInt64(summaries.repeats[index])
            let recency = UInt64(ranks.rank[Int(summaries.recency[index])])
            return (x << dayBits | recency) << dayBits
                | UInt64(ranks.rank[Int(summaries.age[index])])
        }
        radixSort(&keys, bits: bitsInAll)
        let dayMask = (UInt64(1) << dayBits) - 1
        forEachRun(of: keys) { key, length in
            append(
                repeats: Int32(key >> (2 * dayBits)),
                recency: Int32((key >> dayBits) & dayMask),
                age: Int32(key & dayMask),
                weight: Double(length)
            )
        }
    }

    /// `count` customers, evenly chosen in the order of the patterns.
    package func sample(_ count: Int) -> PurchasePatterns {
        var sample = PurchasePatterns(customers: count, days: days)
        sample.totalLogGap = totalLogGap * Double(count) / Double(customers)
        chooseEvenly(count, of: customers, weight) { index, chosen in
            sample.append(
                repeats: repeats[index],
                recency: recency[index],
                age: age[index],
                weight: chosen
            )
        }
        return sample
    }

    private mutating func append(repeats: Int32, recency: Int32, age: Int32, weight: Double) {
        self.repeats.append(repeats)
        self.recency.append(recency)
        self.age.append(age)
        self.weight.append(weight)
        totalRepeats += weight * Double(repeats)
        totalAge += weight * Double(days[Int(age)])
    }
}

extension PurchasePatterns {
    /// The mean of T, in days, at least one.
    package var meanAge: Double { max(1, totalAge / Double(max(1, customers))) }

    /// Repeat purchases per customer and day.
    package var meanRate: Double { totalRepeats / (Double(max(1, customers)) * meanAge) }

    /// How many customers have each x, from 0 to the largest.
    package var weightOfRepeats: [Double] {
        var histogram = [Double](repeating: 0, count: Int(repeats.last ?? 0) + 1)
        for index in 0..<count { histogram[Int(repeats[index])] += weight[index] }
        return histogram
    }

    /// Throws when there is nothing to learn from.
    package func requireRepeats(for model: String) throws(ModelProblem) {
        guard customers > 0 else { throw .noCustomers }
        guard customers > 1 else { throw .tooFewCustomers(model) }
        guard totalRepeats > 0 else { throw .noRepeatPurchases(model, customers: customers) }
    }
}

/// How many bits hold the numbers from 0 to `largest`.
private func bits(_ largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }
