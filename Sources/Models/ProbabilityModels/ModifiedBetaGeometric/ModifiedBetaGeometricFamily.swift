package import Domain
package import Modeling

/// MBG/NBD: Batislam, Denizel & Filiztekin 2007, "Empirical validation and comparison of models for
/// customer base analysis".
///
/// As BG/NBD, but customers may leave after their first purchase, too, so that one-timers are not
/// taken for active for ever.
package struct ModifiedBetaGeometricFamily: PurchaseFamily {
    package let name = "mbg_nbd"

    package init() {}

    package func fit(
        _ patterns: PurchasePatterns,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        try fitBetaGeometric(.afterEveryPurchase, named: name, patterns, priors, control)
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha", "a", "b"]) else {
            throw .damaged(fitted, expected: "r, alpha, a and b above zero")
        }
        return BetaGeometricModel(
            r: values[0],
            alphaWeeks: values[1],
            a: values[2],
            b: values[3],
            .afterEveryPurchase
        )
    }
}
