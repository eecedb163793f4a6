package import Domain
import Glibc
package import Modeling

/// The gamma-gamma model of spend: Fader & Hardie 2013, note 025.
///
/// A purchase day's total is gamma (p, nu) for a customer, and nu is gamma (q, v) across customers.
/// q is kept above 1, below which the mean of the population does not exist.
package struct GammaGammaFamily: SpendFamily {
    package let name = "gamma_gamma"

    package init() {}

    package func fit(
        _ summaries: CustomerSummaries,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        try fitGammaGamma(.repeatDays, named: name, summaries, priors, control)
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any SpendModel {
        try GammaGammaModel(fitted, .repeatDays)
    }
}

/// Fits the gamma-gamma model to the totals of some of the purchase days.
func fitGammaGamma(
    _ basis: SpendBasis,
    named name: String,
    _ summaries: CustomerSummaries,
    _ priors: Priors,
    _ control: WorkControl
) throws(ModelProblem) -> FittedModel {
    let begin = control.clock()
    let patterns = SpendPatterns(summaries, basis)
    guard patterns.customers > 0 else {
        throw basis == .allDays ? .noSpend(name) : .noRepeatSpend(name)
    }
    guard patterns.customers > 1 else { throw .tooFewCustomers(name) }
    let likelihood = GammaGammaLikelihood(patterns)
    let meanSpend = likelihood.typicalSpend
    let shapes: [(p: Double, q: Double)] = [(4, 4), (1.5, 2), (20, 10)]
    let scale = (1e-6 * meanSpend, 1e7 * meanSpend)
    let search = Search(
        of: name,
        from: shapes.map {
            [log($0.p), log($0.q - 1), log(meanSpend * ($0.q - 1) / $0.p)]
        },
        in: [
            SearchRange("p", 1e-2, 1e4, usual: 4, spread: 1.5),
            SearchRange("q", 1e-3, 1e4, usual: 2.5, spread: 1.2),
            SearchRange("v", scale.0, scale.1, usual: meanSpend, spread: 3),
        ],
        simpler: [
            SimplerModel(
                "same_spend",
                "finds everybody spending alike: one mean is taken for all",
                fixing: [1: log(1e4)]
            ) { $0[1] > 200 },
            SimplerModel(
                "constant_spend",
                "finds a customer's days all of one total: they are taken as constant",
                fixing: [0: log(1e4)]
            ) { $0[0] > 1000 },
        ],
        priors
    )
    return try FittedModel(
        maximising: likelihood,
        search,
        .simplex,
        patterns: patterns.count,
        since: begin,
        control
    ) { point in
        ["p": point[0], "q": 1 + point[1], "v": point[2]]
    }
}
