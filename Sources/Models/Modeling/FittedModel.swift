package import Domain
import Glibc
import Numerics

/// A fitted model as it is stored and reported: numbers, and no customer.
package struct FittedModel: Codable, Hashable, Sendable {
    /// The family's name in the catalogue.
    package var name: String
    /// By the names of the literature; times in weeks, money in the tenant's currency.
    package var parameters: [String: Double]
    /// By parameter; none for one that is fixed or at the end of its range.
    package var standardErrors: [String: Double] = [:]
    /// Of the data in weeks, without priors.
    package var logLikelihood: Double
    /// How many customers it was fitted to.
    package var customers: Int
    /// How many different customers those are for the family.
    package var patterns: Int
    package var priors = Priors.none
    /// The codes of simpler models that the data asked for: `no_drop_out`.
    package var simplifications: [String] = []
    package var iterations: Int
    package var converged: Bool
    /// The largest slope of the mean log-likelihood that was left, by logarithms of parameters.
    package var gradientNorm: Double
    /// Of the observed information by logarithms of parameters; nil: it has a direction without any.
    package var conditionNumber: Double?
    package var seconds: Double
    package var warnings: [ProblemReport]
    /// The parameters, then others that stand for their uncertainty, see `SigmaDesign`.
    package var sigmaPoints: [[String: Double]] = []
    /// The largest standard error of a logarithm: whether the uncertainty counts at all.
    package var largestLogError = 0.0
    /// How good it is on the data it was fitted to, by name.
    package var metrics: [String: Double] = [:]
    /// What takes more than a number, by name.
    package var curves: [String: [Double]] = [:]

    /// The parameters under which customers, and the priors, are most likely, see `maximise`.
    ///
    /// `named` turns what was searched for into parameters.
    package init(
        maximising likelihood: some Likelihood,
        _ search: Search,
        _ design: SigmaDesign,
        patterns: Int,
        since begin: Double,
        _ control: WorkControl,
        named: ([Double]) -> [String: Double]
    ) throws(ModelProblem) {
        let fit = try maximise(likelihood, search, control)
        let point = fit.minimum.point
        func parameters(_ point: [Double]) -> [String: Double] { named(point.map { exp($0) }) }
        name = search.model
        self.parameters = parameters(point)
        standardErrors = errors(of: parameters, at: point, fit.information)
        logLikelihood = fit.logLikelihood
        customers = likelihood.customers
        self.patterns = patterns
        priors = search.priors
        simplifications = fit.simpler.map(\.code)
        iterations = fit.minimum.iterations
        converged = fit.minimum.converged
        gradientNorm = fit.minimum.gradientNorm
        conditionNumber = fit.information.condition.isFinite ? fit.information.condition : nil
        warnings = fit.warnings
        sigmaPoints = design.points(around: point, fit.information, in: search.ranges.map(\.bounds))
            .map(parameters)
        let variances = fit.information.covariance.indices.map {
            fit.information.covariance[$0][$0]
        }
        largestLogError = (variances.max() ?? 0).squareRoot()
        seconds = control.clock() - begin
    }

    /// A model that no `LikelihoodFit` stands behind; parameters and curves are filled in later.
    package init(
        name: String,
        logLikelihood: Double,
        customers: Int,
        iterations: Int,
        converged: Bool,
        gradientNorm: Double,
        seconds: Double,
        warnings: [ProblemReport]
    ) {
        self.name = name
        parameters = [:]
        self.logLikelihood = logLikelihood
        self.customers = customers
        patterns = customers
        self.iterations = iterations
        self.converged = converged
        self.gradientNorm = gradientNorm
        self.seconds = seconds
        self.warnings = warnings
    }

    private enum CodingKeys: String, CodingKey {
        case name, parameters, customers, patterns, priors, simplifications, iterations, converged
        case seconds, warnings, metrics, curves
        case standardErrors = "standard_errors"
        case logLikelihood = "log_likelihood"
        case gradientNorm = "gradient_norm"
        case conditionNumber = "condition_number"
        case sigmaPoints = "sigma_points"
        case largestLogError = "largest_log_error"
    }

    /// The parameters of `names`, in that order; nil when one is missing or is not above zero.
    package func positiveParameters(_ names: [String]) -> [Double]? {
        let values = names.compactMap { parameters[$0] }.filter { $0 > 0 && $0.isFinite }
        return values.count == names.count ? values : nil
    }

    /// The model with the parameters of one of the nine draws, see `SigmaDesign`.
    ///
    /// Draw 0 is the model itself.
    package func draw(_ draw: Int, _ design: SigmaDesign) -> FittedModel {
        let point = design.point(ofDraw: draw)
        guard draw > 0, sigmaPoints.indices.contains(point) else { return self }
        var drawn = self
        drawn.parameters = sigmaPoints[point]
        return drawn
    }
}

/// Standard errors by the delta method, from the slopes of named parameters by logarithms.
private func errors(
    of parameters: ([Double]) -> [String: Double],
    at point: [Double],
    _ information: ObservedInformation
) -> [String: Double] {
    let step = 1e-5
    let slopes = information.free.map { place in
        var (above, below) = (point, point)
        above[place] += step
        below[place] -= step
        let lower = parameters(below)
        return parameters(above).reduce(into: [String: Double]()) {
            $0[$1.key] = ($1.value - (lower[$1.key] ?? 0)) / (2 * step)
        }
    }
    var errors: [String: Double] = [:]
    for name in parameters(point).keys {
        let slope = slopes.map { $0[name] ?? 0 }
        var variance = 0.0
        for (row, one) in slope.enumerated() {
            for (column, other) in slope.enumerated() {
                variance += one * other * information.covariance[row][column]
            }
        }
        if variance > 0 { errors[name] = variance.squareRoot() }
    }
    return errors
}
