import Glibc
package import Modeling

/// Cox's proportional hazards (Cox 1972, "Regression models and life-tables"), fitted.
///
/// Whoever has covariates x waits with the hazard exp(beta (x - mean)) h(t); groups of factors count
/// against their first. h is left open: Breslow's estimate.
package struct CoxRegression: Sendable {
    package private(set) var names: [String]
    package private(set) var coefficients: [Double]
    package private(set) var standardErrors: [Double]
    /// Of each number; 0 for groups.
    package private(set) var means: [Double]
    package private(set) var logLikelihood: Double
    /// With all coefficients zero.
    package private(set) var nullLogLikelihood: Double
    package private(set) var iterations: Int
    package private(set) var converged: Bool
    /// The largest slope of the mean log-likelihood that was left.
    package private(set) var gradientNorm: Double
    /// Of all pairs whose order is known, the share that the model orders rightly.
    package private(set) var concordance: Double
    package private(set) var baseline: Baseline
}

/// Why the coefficients cannot be determined.
package enum CoxTrouble: Error, Hashable {
    /// The covariate is constant, or a combination of those before it.
    case collinear(String)
    /// The likelihood grows for ever with the coefficient.
    case separated(String)
    case noEvents
    case cancelled
}

extension CoxRegression {
    /// Maximises the partial likelihood by Newton's method with halved steps.
    ///
    /// `ridge` is the precision of a normal prior about zero, on covariates of deviation 1; groups
    /// are taken as they are. It determines what the data leave open.
    package init(
        _ table: SurvivalTable,
        ridge: Double = 0,
        _ control: WorkControl
    ) throws(CoxTrouble) {
        guard table.eventCount > 0 else { throw .noEvents }
        var beta = [Double](repeating: 0, count: table.names.count)
        var state = table.partialLikelihood(beta, control.team)
        nullLogLikelihood = state.value
        var current = Penalised(state, beta, ridge)
        (iterations, converged) = (0, beta.isEmpty)
        while !converged && iterations < 50 {
            guard !control.isCancelled() else { throw .cancelled }
            let curvature = Cholesky(current.information, size: beta.count)
            if let row = curvature.dependentRow {
                // What was determined at the start, and no longer is, has run away.
                throw iterations == 0
                    ? .collinear(table.names[row]) : .separated(table.names[farthest(beta)])
            }
            let step = curvature.solve(current.gradient)
            // Half the step times the slope is what the parabola promises.
            let promised = zip(step, current.gradient).reduce(0) { $0 + $1.0 * $1.1 } / 2
            // The step that is then taken squares how little is left.
            converged = promised < 1e-9 * max(1, abs(current.value))
            var share = 1.0
            while share > 1e-6 {
                let trial = zip(beta, step).map { $0 + share * $1 }
                let there = table.partialLikelihood(trial, control.team)
                let value = Penalised(there, trial, ridge)
                if value.value > current.value {
                    (beta, state, current) = (trial, there, value)
                    break
                }
                share /= 2
            }
            iterations += 1
            // Rounding hides any further ascent.
            if share <= 1e-6 { break }
        }
        let information = Cholesky(current.information, size: beta.count)
        guard information.dependentRow == nil else {
            throw .collinear(table.names[information.dependentRow ?? 0])
        }
        let errors = information.inverseDiagonal.map { $0.squareRoot() }
        // A coefficient on its way to infinity leaves no curvature behind.
        if ridge == 0, errors.contains(where: { !($0 < 50) }) {
            throw .separated(table.names[farthest(beta)])
        }
        gradientNorm =
            (current.gradient.map { abs($0) }.max() ?? 0) / Double(max(1, table.count))
        logLikelihood = state.value
        names = table.names
        let groups = [Double](repeating: 1, count: table.names.count - table.numberCount)
        let scales = table.deviations + groups
        means = table.means + groups.map { _ in 0 }
        coefficients = zip(beta, scales).map { $0 / $1 }
        standardErrors = zip(errors, scales).map { $0 / $1 }
        baseline = Baseline(table, atRisk: state.atRisk)
        concordance = table.concordance(beta)
    }
}

private func farthest(_ beta: [Double]) -> Int {
    beta.indices.max { abs(beta[$0]) < abs(beta[$1]) } ?? 0
}

/// A partial likelihood with a normal prior about zero.
private struct Penalised {
    var value: Double
    var gradient: [Double]
    var information: [Double]

    init(_ plain: PartialLikelihood, _ beta: [Double], _ ridge: Double) {
        (value, gradient, information) = (plain.value, plain.gradient, plain.information)
        for row in beta.indices {
            value -= ridge * beta[row] * beta[row] / 2
            gradient[row] -= ridge * beta[row]
            information[row * (row + 1) / 2 + row] += ridge
        }
    }
}
