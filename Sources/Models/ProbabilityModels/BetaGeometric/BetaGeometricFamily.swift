import Glibc
package import Modeling
import Numerics

/// BG/NBD: Fader, Hardie & Lee 2005, "Counting your customers the easy way".
///
/// While active, a customer buys at a rate that is gamma (r, alpha) across customers; after each
/// repeat purchase the customer leaves with a probability that is beta (a, b) across customers.
package struct BetaGeometricFamily: PurchaseFamily {
    package let name = "bg_nbd"

    package init() {}

    package func fit(
        _ patterns: PurchasePatterns,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        let likelihood = BetaGeometricLikelihood(patterns)
        guard patterns.customers > 0 else { throw .noCustomers }
        guard patterns.customers > 1 else { throw .tooFewCustomers(name) }
        guard likelihood.repeats > 0 else {
            throw .noRepeatPurchases(name, customers: patterns.customers)
        }
        let meanAge = likelihood.meanAge
        let fit = try maximise(
            likelihood,
            of: name,
            starts: starts(likelihood),
            in: [
                SearchRange("r", 1e-3, 1e3),
                SearchRange("alpha", 1e-5 * meanAge, 1e6 * meanAge),
                SearchRange("a", 1e-3, 1e3),
                SearchRange("b", 1e-3, 1e4),
            ],
            control
        )
        let point = fit.minimum.point.map { exp($0) }
        return FittedModel(
            name: name,
            parameters: ["r": point[0], "alpha": point[1] / 7, "a": point[2], "b": point[3]],
            fit: fit,
            patterns: patterns.count,
            seconds: control.clock() - begin,
            warnings: fit.warnings
        )
    }

    /// Purchase rates about the observed one, from very different to similar customers, with little
    /// and much drop-out.
    private func starts(_ likelihood: BetaGeometricLikelihood) -> [[Double]] {
        let shapes: [(r: Double, a: Double, b: Double)] = [
            (0.5, 0.8, 2.5), (0.2, 0.3, 5), (2, 1, 3), (5, 0.1, 10),
        ]
        let rate = likelihood.repeats / (Double(likelihood.customers) * likelihood.meanAge)
        return shapes.map { shape in
            let activeRate = rate * (1 + shape.a / shape.b)
            return [log(shape.r), log(shape.r / activeRate), log(shape.a), log(shape.b)]
        }
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha", "a", "b"]) else {
            throw .damaged(fitted, expected: "r, alpha, a and b above zero")
        }
        return BetaGeometricModel(r: values[0], alphaWeeks: values[1], a: values[2], b: values[3])
    }
}
