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
        guard let lowest = values.first, lowest <= value else { return .nan }
        // Halves without a branch that would be guessed wrongly every other time.
        var (first, length) = (0, values.count)
        while length > 1 {
            let half = length / 2
            first += values[first + half] <= value ? half : 0
            length -= half
        }
        return hundredths[first]
    }
}
