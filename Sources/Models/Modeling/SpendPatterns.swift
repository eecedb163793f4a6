package import Domain

/// The different (x, mean spend) of customers who came back and spent something.
///
/// Each with the number of customers that have it: shops with few prices have few of them. Sorted,
/// so a fit does not depend on the order of the customers. Means are told apart by as many of their
/// bits as x leaves of 64, which is eleven decimal digits at an x of ten thousand.
package struct SpendPatterns: Sendable {
    package private(set) var repeats: [Int32] = []
    package private(set) var meanSpend: [Double] = []
    package private(set) var weight: [Double] = []
    package let customers: Int

    package var count: Int { repeats.count }

    private init(customers: Int) { self.customers = customers }

    package init(_ summaries: CustomerSummaries) {
        let (x, mean) = (summaries.repeats, summaries.meanSpend)
        let repeatsBits = 32 - (x.max() ?? 0).leadingZeroBitCount
        var keys: [UInt64] = []
        keys.reserveCapacity(x.count)
        for index in x.indices where x[index] > 0 && mean[index] > 0 && mean[index].isFinite {
            // The sign bit is free, as means are positive here.
            let meanBits = (mean[index].bitPattern << 1) >> repeatsBits
            keys.append(UInt64(x[index]) << (64 - repeatsBits) | meanBits)
        }
        customers = keys.count
        radixSort(&keys, bits: 64)
        forEachRun(of: keys) { key, length in
            let mean = Double(bitPattern: (key << repeatsBits) >> 1)
            append(
                repeats: Int32(key >> (64 - repeatsBits)),
                meanSpend: mean,
                weight: Double(length)
            )
        }
    }

    /// `count` customers, evenly chosen in the order of the patterns.
    package func sample(_ count: Int) -> SpendPatterns {
        var sample = SpendPatterns(customers: count)
        chooseEvenly(count, of: customers, weight) { index, chosen in
            sample.append(repeats: repeats[index], meanSpend: meanSpend[index], weight: chosen)
        }
        return sample
    }

    private mutating func append(repeats: Int32, meanSpend: Double, weight: Double) {
        self.repeats.append(repeats)
        self.meanSpend.append(meanSpend)
        self.weight.append(weight)
    }
}
