package import Domain
import Glibc
package import Numerics
package import Parallel

/// What long work is given by those who started it.
package struct WorkControl: Sendable {
    package var team: ThreadTeam
    /// Asked between evaluations.
    package var isCancelled: @Sendable () -> Bool
    /// Seconds on a clock that only goes forward.
    package var clock: @Sendable () -> Double

    package init(
        team: ThreadTeam,
        isCancelled: @escaping @Sendable () -> Bool,
        clock: @escaping @Sendable () -> Double
    ) {
        self.team = team
        self.isCancelled = isCancelled
        self.clock = clock
    }
}

/// The log-likelihood of customers, as a function of the logarithms of a family's parameters.
package protocol Likelihood: Sendable {
    /// How many customers it is about.
    var customers: Int { get }
    /// The log-likelihood; the derivatives go into `gradient`.
    func evaluate(_ point: [Double], _ gradient: inout [Double], _ team: ThreadTeam) -> Double
    /// The likelihood of about `customers` of them, evenly chosen.
    func sample(_ customers: Int) -> Self
}

/// A parameter on its way through the optimiser.
package struct SearchRange: Sendable {
    package let name: String
    /// Of the logarithm of what is searched for.
    package let bounds: ClosedRange<Double>

    package init(_ name: String, _ lowest: Double, _ highest: Double) {
        self.name = name
        bounds = log(lowest)...log(highest)
    }
}

/// The outcome of a maximum-likelihood fit.
package struct LikelihoodFit: Sendable {
    /// Of minus the mean log-likelihood, in log-parameters.
    package var minimum: Minimum
    package var logLikelihood: Double
    package var customers: Int
    package var warnings: [ProblemReport]

    /// What was searched for, without its logarithms.
    package var parameters: [Double] { minimum.point.map { exp($0) } }
}

/// Finds the parameters under which the customers are most likely.
///
/// All starts are tried on a sample of the customers; the best goes on with everybody, taking the
/// curvature along, which leaves a handful of evaluations of the whole.
package func maximise(
    _ likelihood: some Likelihood,
    of model: String,
    starts: [[Double]],
    in ranges: [SearchRange],
    _ control: WorkControl
) throws(ModelProblem) -> LikelihoodFit {
    let box = ranges.map(\.bounds)
    let sampleSize = 8192
    let isLarge = likelihood.customers > 2 * sampleSize
    let sample = isLarge ? likelihood.sample(sampleSize) : likelihood
    var best: Minimum?
    for start in starts {
        let found = try minimiseLoss(sample, from: start, in: box, nil, control)
        if found.value < best?.value ?? .infinity { best = found }
    }
    guard var minimum = best else {
        throw ModelProblem(
            code: "fit_failed",
            message: "cannot fit model \"\(model)\": its likelihood is not finite for these data",
            fix: "look for extreme amounts or dates in the source"
        )
    }
    if isLarge {
        minimum = try minimiseLoss(
            likelihood,
            from: minimum.point,
            in: box,
            minimum.inverseHessian,
            control
        )
    }
    return LikelihoodFit(
        minimum: minimum,
        logLikelihood: -minimum.value * Double(likelihood.customers),
        customers: likelihood.customers,
        warnings: warnings(about: minimum, ranges, model)
    )
}

/// Minimises minus the mean log-likelihood.
///
/// Good enough is what cannot matter: a whole log-likelihood within 1e-7 of the optimum, which moves
/// no parameter by a thousandth of its standard error, or slopes below 1e-4 where it is flat.
private func minimiseLoss(
    _ likelihood: some Likelihood,
    from start: [Double],
    in box: [ClosedRange<Double>],
    _ inverseHessian: [Double]?,
    _ control: WorkControl
) throws(ModelProblem) -> Minimum {
    let scale = -1 / Double(likelihood.customers)
    var limits = MinimisationLimits()
    limits.gradientTolerance += 1e-4 / Double(likelihood.customers)
    limits.descentTolerance = 1e-7 / Double(likelihood.customers)
    return try minimise(from: start, in: box, inverseHessian: inverseHessian, limits: limits) {
        (point, gradient) throws(ModelProblem) in
        guard !control.isCancelled() else { throw .cancelled }
        let value = likelihood.evaluate(point, &gradient, control.team)
        for index in gradient.indices { gradient[index] *= scale }
        return value * scale
    }
}

private func warnings(
    about minimum: Minimum,
    _ ranges: [SearchRange],
    _ model: String
) -> [ProblemReport] {
    var found: [ProblemReport] = []
    let stuck = zip(ranges, minimum.atBound).filter(\.1).map { "\"\($0.0.name)\"" }
    if !stuck.isEmpty {
        found.append(
            ProblemReport(
                code: "parameter_at_bound",
                message: "model \"\(model)\" has \(stuck.joined(separator: ", "))"
                    + " at the end of the range: the data do not determine it",
                fix: "more customers or a longer history; the forecast uses the end of the range"
            )
        )
    }
    if !minimum.converged {
        found.append(
            ProblemReport(
                code: "not_converged",
                message: "the fit of model \"\(model)\" did not converge: \(minimum.message)",
                fix: "more customers or a longer history"
            )
        )
    }
    return found
}
