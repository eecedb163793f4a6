package import Domain
import Glibc
package import Modeling

/// Log-normal spend whose level goes with how often customers buy.
///
/// The logarithm of a purchase day's total is level + slope ln(1 + x) + u + e, with u normal across
/// customers and e across days. Gamma-gamma takes spend and frequency for independent; this is for
/// shops where heavy buyers spend more, or less, each time.
package struct LogNormalSpendFamily: SpendFamily {
    package let name = "log_normal"
    package let followsFrequency = true

    package init() {}

    package func fit(
        _ summaries: CustomerSummaries,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        let patterns = SpendPatterns(summaries)
        guard patterns.customers > 0 else { throw .noRepeatSpend(name) }
        guard patterns.customers > 1 else { throw .tooFewCustomers(name) }
        let likelihood = LogNormalSpendLikelihood(patterns)
        let typical = likelihood.typicalSpend
        let shapes: [(slope: Double, between: Double, within: Double)] = [
            (0, 0.5, 0.5), (0.5, 0.3, 1), (-0.5, 1, 0.3),
        ]
        let search = Search(
            of: name,
            from: shapes.map { [log(typical), $0.slope, log($0.between), log($0.within)] },
            in: [
                SearchRange("level", 1e-6 * typical, 1e6 * typical, usual: typical, spread: 3),
                SearchRange("slope", 1e-3, 1e3, usual: 1, spread: 1),
                SearchRange("sigma_between", 1e-3, 5, usual: 0.6, spread: 1),
                SearchRange("sigma_within", 1e-3, 5, usual: 0.6, spread: 1),
            ],
            simpler: [
                SimplerModel(
                    "same_spend",
                    "finds everybody spending alike: one mean is taken for all",
                    fixing: [2: log(1e-3)]
                ) { $0[2] < 0.02 }
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
            [
                "level": log(point[0]), "slope": log(point[1]), "sigma_between": point[2],
                "sigma_within": point[3],
            ]
        }
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any SpendModel {
        guard let sigmas = fitted.positiveParameters(["sigma_between", "sigma_within"]),
            let level = fitted.parameters["level"], let slope = fitted.parameters["slope"],
            abs(level) < 100, abs(slope) < 100, sigmas.allSatisfy({ $0 < 10 })
        else {
            throw .damaged(
                fitted,
                expected: "a finite level and slope, and sigma_between and sigma_within above zero"
            )
        }
        return LogNormalSpendModel(
            level: level,
            slope: slope,
            sigmaBetween: sigmas[0],
            sigmaWithin: sigmas[1]
        )
    }
}
