import Glibc
package import Modeling

/// Pareto/NBD: Schmittlein, Morrison & Colombo 1987, "Counting your customers: who are they and what
/// will they do next?".
///
/// While active, a customer buys at a rate that is gamma (r, alpha) across customers, and leaves at a
/// rate, at any time, that is gamma (s, beta).
package struct ParetoFamily: PurchaseFamily {
    package let name = "pareto_nbd"

    package init() {}

    package func fit(
        _ patterns: PurchasePatterns,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        try patterns.requireRepeats(for: name)
        let meanAge = patterns.meanAge
        let fit = try maximise(
            ParetoLikelihood(patterns),
            of: name,
            starts: starts(patterns),
            in: [
                SearchRange("r", 1e-3, 1e3),
                SearchRange("alpha", 1e-5 * meanAge, 1e6 * meanAge),
                SearchRange("s", 1e-3, 1e3),
                SearchRange("beta", 1e-5 * meanAge, 1e6 * meanAge),
            ],
            control
        )
        let point = fit.parameters
        return FittedModel(
            name: name,
            parameters: [
                "r": point[0], "alpha": point[1] / 7, "s": point[2], "beta": point[3] / 7,
            ],
            fit: fit,
            patterns: patterns.count,
            seconds: control.clock() - begin,
            warnings: fit.warnings
        )
    }

    /// Purchase rates about the observed one, with most customers leaving early, late or alike.
    private func starts(_ patterns: PurchasePatterns) -> [[Double]] {
        let shapes: [(r: Double, s: Double, betaOfAge: Double)] = [
            (0.5, 0.5, 0.5), (1, 0.3, 2), (3, 2, 3),
        ]
        return shapes.map { shape in
            let activeRate = 1.5 * patterns.meanRate
            return [
                log(shape.r), log(shape.r / activeRate), log(shape.s),
                log(shape.betaOfAge * patterns.meanAge),
            ]
        }
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha", "s", "beta"]) else {
            throw .damaged(fitted, expected: "r, alpha, s and beta above zero")
        }
        return ParetoModel(
            r: values[0],
            alphaWeeks: values[1],
            s: values[2],
            betaWeeks: values[3]
        )
    }
}
