/// The probability distribution of a number of purchases.
///
/// Held as the probabilities of at least n, from which the rest follows; they end where nothing is
/// left that counts.
package struct CountDistribution: Hashable, Sendable {
    /// P(Y >= n) by n: 1 at 0, falling.
    package let atLeast: [Double]

    package init(atLeast: [Double]) {
        precondition(atLeast.first == 1)
        self.atLeast = atLeast
    }

    /// A distribution with each of some probabilities, and zero with the rest.
    package init(mixing parts: [(weight: Double, counts: CountDistribution)]) {
        var mixed = [Double](repeating: 0, count: parts.map(\.counts.atLeast.count).max() ?? 1)
        for (weight, counts) in parts {
            for n in counts.atLeast.indices { mixed[n] += weight * counts.atLeast[n] }
        }
        mixed[0] = 1
        self.init(atLeast: mixed)
    }

    /// P(Y = n).
    package func probability(of count: Int) -> Double {
        guard count >= 0, count < atLeast.count else { return 0 }
        return max(0, atLeast[count] - (count + 1 < atLeast.count ? atLeast[count + 1] : 0))
    }

    package var mean: Double { atLeast.dropFirst().reversed().reduce(0, +) }

    /// The smallest n with P(Y <= n) of at least `share`.
    package func quantile(_ share: Double) -> Int {
        // P(Y <= n) >= share, said of the tail, which keeps small probabilities exact.
        var (low, high) = (0, atLeast.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if atLeast[middle + 1] <= 1 - share { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The continuous ranked probability score of an outcome: the sum of (P(Y <= n) - [y <= n])^2.
    package func crps(of outcome: Int) -> Double {
        // Above the last count the outcome alone is wrong, by 1 each.
        var score = Double(max(0, outcome - (atLeast.count - 1)))
        for n in 1..<max(1, atLeast.count) {
            let error = n <= outcome ? 1 - atLeast[n] : atLeast[n]
            score += error * error
        }
        return score
    }
}
