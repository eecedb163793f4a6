import Modeling
import Parallel

/// The values of a column in ascending order, as keys that sort like the numbers they stand for.
///
/// A million values are in order in some hundredths of a second, and take 16 MB meanwhile.
struct SortedColumn {
    private let keys: [UInt64]

    /// `values` gives the values of some of the `count` places; NaN stands for none and is left out.
    init(_ count: Int, _ team: ThreadTeam, _ values: @escaping @Sendable (Range<Int>) -> [Double]) {
        let parts = ThreadTeam.chunks(of: count, by: Scorer.batchSize)
        let columns = team.map(parts.count) { part in
            values(parts[part]).filter { !$0.isNaN }.map(SortedColumn.key)
        }
        var keys: [UInt64] = []
        keys.reserveCapacity(columns.reduce(0) { $0 + $1.count })
        for column in columns { keys += column }
        radixSort(&keys, bits: UInt64.bitWidth)
        self.keys = keys
    }

    /// The cuts between `groups` groups of equal size, by the inverse of the empirical distribution:
    /// cut k is the smallest value with at least k / groups of the values at or below it.
    func cuts(into groups: Int) -> [Double] {
        guard !keys.isEmpty else { return [] }
        return (1..<groups).map { cut in
            SortedColumn.number(keys[(keys.count * cut + groups - 1) / groups - 1])
        }
    }

    /// Calls `body` with each different value and how many values are at or below it, ascending.
    func forEachValue(_ body: (_ value: Double, _ atOrBelow: Int) -> Void) {
        for index in keys.indices where index + 1 == keys.count || keys[index + 1] != keys[index] {
            body(SortedColumn.number(keys[index]), index + 1)
        }
    }

    var count: Int { keys.count }

    private static let sign: UInt64 = 1 << 63

    private static func key(_ value: Double) -> UInt64 {
        // Adding zero turns the negative zero into the other one, which it equals.
        let bits = (value + 0).bitPattern
        return bits & sign == 0 ? bits | sign : ~bits
    }

    private static func number(_ key: UInt64) -> Double {
        Double(bitPattern: key & sign == 0 ? ~key : key & ~sign)
    }
}
