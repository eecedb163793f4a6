package import Domain
package import Modeling

/// BG/NBD: Fader, Hardie & Lee 2005, "Counting your customers the easy way".
///
/// While active, a customer buys at a rate that is gamma (r, alpha) across customers; after each
/// repeat purchase the customer leaves with a probability that is beta (a, b) across customers.
package struct BetaGeometricFamily: PurchaseFamily {
    package let name = "bg_nbd"

    package init() {}

    package func fit(
        _ patterns: PurchasePatterns,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        try fitBetaGeometric(.afterRepeatPurchases, named: name, patterns, priors, control)
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel {
        guard let values = fitted.positiveParameters(["r", "alpha", "a", "b"]) else {
            throw .damaged(fitted, expected: "r, alpha, a and b above zero")
        }
        return BetaGeometricModel(r: values[0], alphaWeeks: values[1], a: values[2], b: values[3])
    }
}

/// Fits BG/NBD or MBG/NBD, which differ in the rule alone.
func fitBetaGeometric(
    _ rule: DropOutRule,
    named name: String,
    _ patterns: PurchasePatterns,
    _ priors: Priors,
    _ control: WorkControl
) throws(ModelProblem) -> FittedModel {
    let begin = control.clock()
    try patterns.requireRepeats(for: name)
    let search = dropOutSearch(
        name,
        rate: patterns.meanRate,
        meanAge: patterns.meanAge,
        priors
    )
    return try FittedModel(
        maximising: BetaGeometricLikelihood(patterns, rule),
        search,
        .pairs,
        patterns: patterns.count,
        since: begin,
        control
    ) { point in
        ["r": point[0], "alpha": point[1] / 7, "a": point[2], "b": point[3]]
    }
}
