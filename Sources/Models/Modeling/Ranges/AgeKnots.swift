import Domain
import Glibc

/// The ages at which something smooth in the age is worked out, and how the others lie between them.
///
/// Between knots values are interpolated linearly in ln(age + scale), in which purchase models change
/// by one unit where their forecasts change e-fold: steps of a twentieth leave 0.03 %.
struct AgeKnots: Sendable {
    /// Ascending.
    let ages: [Int32]
    /// By age: the knot at or below it, and how far it is towards the next one, from 0 to 1.
    private let knotAt: [Int32]
    private let shareAt: [Double]

    /// So few different ages are knots themselves, and nothing is interpolated.
    private static let fewAges = 24
    private static let step = 0.05

    init(_ summaries: CustomerSummaries, scale: Double) {
        let different = Ranks(of: [summaries.age]).numbers
        let scale = max(1, scale)
        func place(_ age: Int32) -> Double { log(Double(age) + scale) }
        var knots: [Int32] = []
        for (index, age) in different.enumerated() {
            let next = index + 1 < different.count ? place(different[index + 1]) : .infinity
            guard let last = knots.last, different.count > AgeKnots.fewAges else {
                knots.append(age)
                continue
            }
            if next > place(last) + AgeKnots.step { knots.append(age) }
        }
        ages = knots
        var (knotAt, shareAt): ([Int32], [Double]) = ([], [])
        var knot = 0
        for age in 0...(different.last ?? 0) {
            while knot + 1 < knots.count, knots[knot + 1] <= age { knot += 1 }
            knotAt.append(Int32(knot))
            let isBetween = knot + 1 < knots.count && age > knots[knot]
            let width = isBetween ? place(knots[knot + 1]) - place(knots[knot]) : 1
            shareAt.append(isBetween ? (place(age) - place(knots[knot])) / width : 0)
        }
        (self.knotAt, self.shareAt) = (knotAt, shareAt)
    }

    @inline(__always)
    func place(of age: Int32) -> (knot: Int, share: Double) {
        (Int(knotAt[Int(age)]), shareAt[Int(age)])
    }
}
