package import Domain
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
    package var iterations: Int
    package var converged: Bool
    /// The largest slope of the mean log-likelihood that was left, by logarithms of parameters.
    package var gradientNorm: Double
    package var seconds: Double
    package var warnings: [ProblemReport]
    /// How good it is on the data it was fitted to, by name.
    package var metrics: [String: Double] = [:]
    /// What takes more than a number, by name.
    package var curves: [String: [Double]] = [:]

    package init(
        name: String,
        parameters: [String: Double],
        fit: LikelihoodFit,
        patterns: Int,
        seconds: Double,
        warnings: [ProblemReport]
    ) {
        self.name = name
        self.parameters = parameters
        logLikelihood = fit.logLikelihood
        customers = fit.customers
        self.patterns = patterns
        iterations = fit.minimum.iterations
        converged = fit.minimum.converged
        gradientNorm = fit.minimum.gradientNorm
        self.seconds = seconds
        self.warnings = warnings
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
        case name, parameters, customers, patterns, iterations, converged, seconds, warnings
        case metrics, curves
        case standardErrors = "standard_errors"
        case logLikelihood = "log_likelihood"
        case gradientNorm = "gradient_norm"
    }

    /// The parameters of `names`, in that order; nil when one is missing or is not above zero.
    package func positiveParameters(_ names: [String]) -> [Double]? {
        let values = names.compactMap { parameters[$0] }.filter { $0 > 0 && $0.isFinite }
        return values.count == names.count ? values : nil
    }
}
