package import Domain
package import Modeling

/// MBG/CNBD-k: Reutterer, Platzer & Schroeder 2021, "Leveraging purchase regularity for predicting
/// customer behavior the easy way".
///
/// As MBG/NBD, but only every k-th event of the rate is a purchase, so gaps are Erlang (k) and the
/// more regular the larger k is. k is chosen by likelihood from 1 to 4 unless it is given.
package struct RegularTimingFamily: PurchaseFamily {
    /// The k that are tried.
    package static let regularities = 1...4

    package let name: String
    private let candidates: ClosedRange<Int>

    package init() { (name, candidates) = ("mbg_cnbd_k", RegularTimingFamily.regularities) }

    package init(regularity: Int) {
        (name, candidates) = ("mbg_cnbd_\(regularity)", regularity...regularity)
    }

    package func fit(
        _ patterns: PurchasePatterns,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        try patterns.requireRepeats(for: name)
        var best: FittedModel?
        for regularity in candidates {
            let search = dropOutSearch(
                name,
                rate: Double(regularity) * patterns.meanRate,
                meanAge: patterns.meanAge,
                priors
            )
            let model = try FittedModel(
                maximising: RegularTimingLikelihood(patterns, regularity: regularity),
                search,
                .pairs,
                patterns: patterns.count,
                since: begin,
                control
            ) { point in
                [
                    "k": Double(regularity), "r": point[0], "alpha": point[1] / 7, "a": point[2],
                    "b": point[3],
                ]
            }
            if model.logLikelihood > best?.logLikelihood ?? -.infinity { best = model }
        }
        guard var best else { throw .noCustomers }
        best.seconds = control.clock() - begin
        return best
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        let names = ["k", "r", "alpha", "a", "b"]
        guard let values = fitted.positiveParameters(names),
            let regularity = Int(exactly: values[0]), candidates.contains(regularity)
        else {
            throw .damaged(
                fitted,
                expected: "a whole k from \(candidates.lowerBound) to \(candidates.upperBound),"
                    + " and r, alpha, a and b above zero"
            )
        }
        return RegularTimingModel(
            regularity: regularity,
            r: values[1],
            alphaWeeks: values[2],
            a: values[3],
            b: values[4]
        )
    }
}
