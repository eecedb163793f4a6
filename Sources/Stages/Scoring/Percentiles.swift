/// The percentile of a value among a column, in hundredths: the share of values not above it.
///
/// Of a million values only the ones are kept at which the published percentile changes, at most
/// 10,001, so that looking one up stays in the cache.
struct Percentiles {
    private static let whole = 10_000

    /// Ascending; from each of these on, up to the next, the percentile is the same.
    private var values: [Double] = []
    private var hundredths: [Double] = []

    init(_ column: SortedColumn) {
        var last = -1
        column.forEachValue { value, atOrBelow in
            // To the nearest hundredth, halves up, in whole numbers.
            let rank =
                (2 * Percentiles.whole * atOrBelow + column.count) / (2 * column.count)
            guard rank != last else { return }
            last = rank
            values.append(value)
            hundredths.append(Double(rank) / 100)
        }
    }

    /// NaN for a value below all, which no value of the column is, and for NaN.
    func percentile(of value: Double) -> Double {
        var (first, end) = (0, values.count)
        while first < end {
            let middle = (first + end) / 2
            if values[middle] <= value { first = middle + 1 } else { end = middle }
        }
        return first == 0 ? .nan : hundredths[first - 1]
    }
}
