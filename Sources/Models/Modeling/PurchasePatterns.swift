package import Domain
import Parallel

/// The different (x, t_x, T) of a customer base, each with the number of customers that have it.
///
/// Fitting needs nothing more, and a base has far fewer patterns than customers. They are sorted,
/// so a fit does not depend on the order of the customers. Days throughout.
package struct PurchasePatterns: Sendable {
    package private(set) var repeats: [Int32] = []
    package private(set) var recency: [Int32] = []
    package private(set) var age: [Int32] = []
    package private(set) var weight: [Double] = []
    package let customers: Int

    package var count: Int { repeats.count }

    private init(customers: Int) { self.customers = customers }

    /// Nil when x, t_x and T do not fit in 64 bits together, which no sane history needs.
    package init?(_ summaries: CustomerSummaries) {
        self.init(customers: summaries.count)
        let repeatsBits = bits(summaries.repeats.max() ?? 0)
        let dayBits = bits(summaries.age.max() ?? 0)
        guard repeatsBits + 2 * dayBits <= 64 else { return nil }
        var keys = (0..<summaries.count).map { index in
            (UInt64(UInt32(bitPattern: summaries.repeats[index])) << dayBits
                | UInt64(UInt32(bitPattern: summaries.recency[index]))) << dayBits
                | UInt64(UInt32(bitPattern: summaries.age[index]))
        }
        radixSort(&keys, bits: repeatsBits + 2 * dayBits)
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
        var sample = PurchasePatterns(customers: count)
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
    }
}

/// How many bits hold the numbers from 0 to `largest`.
private func bits(_ largest: Int32) -> Int { 32 - largest.leadingZeroBitCount }
