package import Domain
import Glibc
package import Modeling

/// NBD: Ehrenberg 1959, "The pattern of consumer purchases".
///
/// Customers buy at a rate that is gamma (r, alpha) across customers, and never leave.
package struct NegativeBinomialFamily: PurchaseFamily {
    package let name = "nbd"

    package init() {}

    package func fit(
        _ patterns: PurchasePatterns,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        try patterns.requireRepeats(for: name)
        let (rate, meanAge) = (patterns.meanRate, patterns.meanAge)
        let alpha = (1e-5 * meanAge, 1e8 * meanAge)
        let search = Search(
            of: name,
            from: [0.3, 1, 5].map { [log($0), log($0 / rate)] },
            in: [
                SearchRange("r", 1e-3, 1e4, usual: 0.7, spread: 1.5),
                SearchRange("alpha", alpha.0, alpha.1, usual: 0.5 * meanAge, spread: 3),
            ],
            simpler: [.sameRate(1e4)],
            priors
        )
        return try FittedModel(
            maximising: NegativeBinomialLikelihood(patterns),
            search,
            .pairs,
            patterns: patterns.count,
            since: begin,
            control
        ) { point in
            ["r": point[0], "alpha": point[1] / 7]
        }
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha"]) else {
            throw .damaged(fitted, expected: "r and alpha above zero")
        }
        return NegativeBinomialModel(r: values[0], alphaWeeks: values[1])
    }
}
