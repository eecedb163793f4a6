import Domain
import Glibc
import Numerics

/// The outcome of a fit.
struct LikelihoodFit {
    /// Of minus the mean of what was maximised, in log-parameters.
    var minimum: Minimum
    /// Of the data, without priors.
    var logLikelihood: Double
    /// What is known of the log-parameters that were free.
    var information: ObservedInformation
    /// The simpler models that were taken.
    var simpler: [SimplerModel]
    var warnings: [ProblemReport]
}

/// Finds the parameters under which the customers, and the priors, are most likely.
///
/// All starts are tried on a sample of the customers; the best goes on with everybody, taking the
/// curvature along, which leaves a handful of evaluations of the whole. A simpler model that the
/// parameters are near to, and that explains the data as well, is taken, and said so.
func maximise(
    _ likelihood: some Likelihood,
    _ search: Search,
    _ control: WorkControl
) throws(ModelProblem) -> LikelihoodFit {
    let objective = Objective(likelihood, search, control)
    var minimum = try objective.bestOfStarts()
    var box = search.ranges.map(\.bounds)
    var value = objective.logLikelihood(at: minimum.point)
    var taken: [SimplerModel] = []
    for simpler in search.simpler where simpler.isNear(minimum.point.map { exp($0) }) {
        guard simpler.fixed.keys.contains(where: { box[$0].lowerBound < box[$0].upperBound }) else {
            continue
        }
        var narrower = box
        for (place, bound) in simpler.fixed { narrower[place] = bound...bound }
        let start = zip(minimum.point, narrower).map {
            $1.lowerBound == $1.upperBound ? $1.lowerBound : $0
        }
        let other = try objective.minimum(from: start, in: narrower)
        let otherValue = objective.logLikelihood(at: other.point)
        // Half a unit is far from what a likelihood-ratio test would call a difference.
        guard otherValue >= value - 0.5 else { continue }
        (minimum, box, value) = (other, narrower, otherValue)
        taken.append(simpler)
    }
    let free = box.indices.filter {
        box[$0].lowerBound < box[$0].upperBound && !minimum.atBound[$0]
    }
    let information = try objective.information(at: minimum, free)
    return LikelihoodFit(
        minimum: minimum,
        logLikelihood: value,
        information: information,
        simpler: taken,
        warnings: warnings(about: minimum, box, search, information, taken)
    )
}

/// What is minimised: minus the mean log-likelihood, with the priors added.
private struct Objective<Data: Likelihood> {
    let likelihood: Data
    let search: Search
    let control: WorkControl

    /// As many customers as show where to look, and how curved it is there to a percent.
    private static var sampleSizes: (starts: Int, information: Int) { (8192, 65_536) }

    init(_ likelihood: Data, _ search: Search, _ control: WorkControl) {
        (self.likelihood, self.search, self.control) = (likelihood, search, control)
    }

    func bestOfStarts() throws(ModelProblem) -> Minimum {
        let size = Self.sampleSizes.starts
        let isLarge = likelihood.customers > 2 * size
        let sample = isLarge ? Objective(likelihood.sample(size), search, control) : self
        let box = search.ranges.map(\.bounds)
        var best: Minimum?
        for start in search.starts {
            let found = try sample.minimum(from: start, in: box)
            if found.value < best?.value ?? .infinity { best = found }
        }
        guard let best else {
            throw ModelProblem(
                code: "fit_failed",
                message: "cannot fit model \"\(search.model)\": its likelihood is not finite"
                    + " for these data",
                fix: "look for extreme amounts or dates in the source"
            )
        }
        guard isLarge else { return best }
        return try minimum(from: best.point, in: box, best.inverseHessian)
    }

    /// Minimises inside a box.
    ///
    /// Good enough is what cannot matter: a whole log-likelihood within 1e-7 of the optimum, which
    /// moves no parameter by a thousandth of its standard error, or slopes below 1e-4 where it is flat.
    func minimum(
        from start: [Double],
        in box: [ClosedRange<Double>],
        _ inverseHessian: [Double]? = nil
    ) throws(ModelProblem) -> Minimum {
        var limits = MinimisationLimits()
        limits.gradientTolerance += 1e-4 / Double(likelihood.customers)
        limits.descentTolerance = 1e-7 / Double(likelihood.customers)
        return try minimise(from: start, in: box, inverseHessian: inverseHessian, limits: limits) {
            (point, gradient) throws(ModelProblem) in
            guard !control.isCancelled() else { throw .cancelled }
            return evaluate(point, &gradient)
        }
    }

    private func evaluate(_ point: [Double], _ gradient: inout [Double]) -> Double {
        let scale = -1 / Double(likelihood.customers)
        var value = likelihood.evaluate(point, &gradient, control.team)
        if search.priors == .weak {
            for (place, range) in search.ranges.enumerated() {
                let distance = (point[place] - range.prior.mean) / range.prior.deviation
                value -= distance * distance / 2
                gradient[place] -= distance / range.prior.deviation
            }
        }
        for index in gradient.indices { gradient[index] *= scale }
        return value * scale
    }

    func logLikelihood(at point: [Double]) -> Double {
        var gradient = point
        return likelihood.evaluate(point, &gradient, control.team)
    }

    /// The second derivatives of the data's part by central differences of its gradient; of many
    /// customers a sample's.
    func information(at minimum: Minimum, _ free: [Int]) throws(ModelProblem)
        -> ObservedInformation
    {
        let size = Self.sampleSizes.information
        let isLarge = likelihood.customers > 2 * size
        let data = isLarge ? likelihood.sample(size) : likelihood
        let share = Double(likelihood.customers) / Double(data.customers)
        let step = 1e-3
        var rows: [[Double]] = []
        for place in free {
            guard !control.isCancelled() else { throw .cancelled }
            var slopes: [[Double]] = []
            for sign in [1.0, -1] {
                var (point, gradient) = (minimum.point, minimum.point)
                point[place] += sign * step
                _ = data.evaluate(point, &gradient, control.team)
                slopes.append(gradient)
            }
            rows.append(free.map { share * (slopes[1][$0] - slopes[0][$0]) / (2 * step) })
        }
        return ObservedInformation(
            rows,
            of: free,
            search.priors == .weak ? free.map { search.ranges[$0].prior } : nil,
            at: minimum.point
        )
    }
}

private func warnings(
    about minimum: Minimum,
    _ box: [ClosedRange<Double>],
    _ search: Search,
    _ information: ObservedInformation,
    _ taken: [SimplerModel]
) -> [ProblemReport] {
    let model = search.model
    var found = taken.map {
        ProblemReport(
            code: $0.code,
            message: "model \"\(model)\" \($0.finding)",
            fix: "nothing is to be done when that is so; else look whether the source is whole"
        )
    }
    let stuck = search.ranges.indices.filter {
        box[$0].lowerBound < box[$0].upperBound && minimum.atBound[$0]
    }
    if !stuck.isEmpty {
        let names = stuck.map { "\"\(search.ranges[$0].name)\"" }.joined(separator: ", ")
        found.append(
            ProblemReport(
                code: "parameter_at_bound",
                message: "model \"\(model)\" has \(names)"
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
    return found + information.warnings(about: search)
}
