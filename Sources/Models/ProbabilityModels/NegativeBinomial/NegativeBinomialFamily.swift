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
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        try patterns.requireRepeats(for: name)
        let (rate, meanAge) = (patterns.meanRate, patterns.meanAge)
        let fit = try maximise(
            NegativeBinomialLikelihood(patterns),
            of: name,
            starts: [0.3, 1, 5].map { [log($0), log($0 / rate)] },
            in: [
                SearchRange("r", 1e-3, 1e4),
                SearchRange("alpha", 1e-5 * meanAge, 1e8 * meanAge),
            ],
            control
        )
        let point = fit.parameters
        return FittedModel(
            name: name,
            parameters: ["r": point[0], "alpha": point[1] / 7],
            fit: fit,
            patterns: patterns.count,
            seconds: control.clock() - begin,
            warnings: fit.warnings
        )
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha"]) else {
            throw .damaged(fitted, expected: "r and alpha above zero")
        }
        return NegativeBinomialModel(r: values[0], alphaWeeks: values[1])
    }
}
