package import Domain
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
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        try patterns.requireRepeats(for: name)
        let search = search(patterns, priors)
        return try FittedModel(
            maximising: ParetoLikelihood(patterns),
            search,
            .pairs,
            patterns: patterns.count,
            since: begin,
            control
        ) { point in
            ["r": point[0], "alpha": point[1] / 7, "s": point[2], "beta": point[3] / 7]
        }
    }

    private func search(_ patterns: PurchasePatterns, _ priors: Priors) -> Search {
        let meanAge = patterns.meanAge
        let times = (1e-5 * meanAge, 1e6 * meanAge)
        return Search(
            of: name,
            from: starts(patterns),
            in: [
                SearchRange("r", 1e-3, 1e3, usual: 0.7, spread: 1.5),
                SearchRange("alpha", times.0, times.1, usual: 0.3 * meanAge, spread: 3),
                SearchRange("s", 1e-3, 1e3, usual: 0.6, spread: 1.5),
                SearchRange("beta", times.0, times.1, usual: 0.5 * meanAge, spread: 3),
            ],
            simpler: [
                SimplerModel(
                    "no_drop_out",
                    "finds no drop-out: it is taken without, as if nobody ever left",
                    fixing: [2: log(1e-3), 3: log(times.1)]
                ) { $0[2] * log1p(meanAge / $0[3]) < 0.1 },
                SimplerModel(
                    "same_drop_out",
                    "finds everybody equally likely to leave: one drop-out rate is taken for all",
                    fixing: [2: log(1e3)]
                ) { $0[2] > 10 },
                .sameRate(1e3),
            ],
            priors
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
