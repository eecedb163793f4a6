/// The probabilities that a negative binomial count reaches n.
///
/// The count of purchases at a rate that is gamma (`shape`, 1) within `time`. Terms are summed from
/// the largest outwards by their ratios, and divided by their sum, so nothing overflows and no gamma
/// function is needed. Counts stop at a million, which is more than any horizon has days.
struct NegativeBinomialTails {
    static let countMax = 1 << 20
    /// Smaller counts are certain to be reached.
    private let first: Int
    /// P(N >= n) from `first` on.
    private let tails: [Double]

    /// Whether the counts end before the largest that is held.
    static func areComplete(shape: Double, time: Double) -> Bool {
        40 * (1 + time) + shape * time < Double(countMax)
    }

    init(shape: Double, time: Double) {
        let ratio = time / (1 + time)
        let mode = min(max(0, (shape - 1) * time), Double(Self.countMax)).rounded(.down)
        var below: [Double] = []
        var (term, n) = (1.0, mode)
        while n > 0, term > 1e-18 {
            term *= n / ((shape + n - 1) * ratio)
            n -= 1
            below.append(term)
        }
        var masses = Array(below.reversed())
        masses.append(1)
        (term, n) = (1, mode)
        var rest = Double.infinity
        var sumOfLarger = 0.0
        while rest > 1e-17 * sumOfLarger, term > 0, n < Double(Self.countMax) {
            let factor = (shape + n) / (n + 1) * ratio
            term *= factor
            n += 1
            masses.append(term)
            sumOfLarger += term
            // The factors fall towards `ratio`, or rise towards it.
            let largest = max(factor, ratio)
            rest = largest < 1 ? term * largest / (1 - largest) : .infinity
        }
        var sum = 0.0
        for index in masses.indices.reversed() {
            sum += masses[index]
            masses[index] = sum
        }
        first = Int(mode) - below.count
        tails = masses.map { $0 / sum }
    }

    /// The largest count that is not all but impossible.
    var last: Int { first + tails.count - 1 }

    /// P(N >= n).
    subscript(count: Int) -> Double {
        if count <= first { return 1 }
        return count > last ? 0 : tails[count - first]
    }
}
