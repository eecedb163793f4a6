import Domain
import Glibc
import Numerics

/// How well data determine the log-parameters of a model.
struct ObservedInformation: Sendable {
    /// The places of the parameters that were free to move.
    let free: [Int]
    /// The covariance of their logarithms, row by row.
    let covariance: [[Double]]
    /// The largest eigenvalue of the information over the smallest; infinite when it has a direction
    /// without any.
    let condition: Double
    /// How far the priors move the logarithms, the largest move in standard errors; 0 without priors.
    let priorPull: Double

    /// `data` are minus the second derivatives of the data's log-likelihood by the free logarithms.
    init(
        _ data: [[Double]],
        of free: [Int],
        _ priors: [(mean: Double, deviation: Double)]?,
        at point: [Double]
    ) {
        self.free = free
        var information = data
        for (row, prior) in (priors ?? []).enumerated() {
            information[row][row] += 1 / (prior.deviation * prior.deviation)
        }
        let decomposed = SymmetricMatrix(information)
        let largest = decomposed.values.first ?? 0
        let smallest = decomposed.values.last ?? 0
        condition = smallest > 0 ? largest / smallest : free.isEmpty ? 1 : .infinity
        // Nothing is more uncertain than a factor of e^5 here and there; below, rounding speaks.
        let floor = max(1.0 / 25, largest * 1e-14)
        let covariance = decomposed.mapValues { 1 / max($0, floor) }
        self.covariance = covariance
        guard let priors else {
            priorPull = 0
            return
        }
        // One step of Newton's method from the optimum with priors towards the one without.
        let slopes = zip(free, priors).map { ($1.mean - point[$0]) / ($1.deviation * $1.deviation) }
        priorPull =
            covariance.indices.map { row in
                let move = zip(covariance[row], slopes).reduce(0) { $0 + $1.0 * $1.1 }
                return abs(move) / covariance[row][row].squareRoot()
            }.max() ?? 0
    }

    func warnings(about search: Search) -> [ProblemReport] {
        var found: [ProblemReport] = []
        if condition > 1e10 {
            found.append(
                ProblemReport(
                    code: "badly_conditioned",
                    message:
                        "the data hardly tell the parameters of model \"\(search.model)\" apart"
                        + " (condition number \(rounded(condition)))",
                    fix: "more customers or a longer history; the forecast is less in doubt than"
                        + " its parameters"
                )
            )
        }
        if priorPull > 1 {
            found.append(
                ProblemReport(
                    code: "priors_matter",
                    message: "the weak priors move model \"\(search.model)\" by"
                        + " \(rounded(priorPull)) standard errors: the data say little",
                    fix: "more customers or a longer history; priors = \"none\", or --priors none,"
                        + " shows the forecast without them"
                )
            )
        }
        return found
    }
}

/// With two digits that count.
private func rounded(_ value: Double) -> String {
    guard value.isFinite, value > 0 else { return "\(value)" }
    let power = Int(floor(log10(value)))
    let digits = Int((value / pow(10, Double(power - 1))).rounded())
    switch power {
    case 0: return "\(digits / 10).\(digits % 10)"
    case 1..<6: return "\(digits)" + String(repeating: "0", count: power - 1)
    default: return "\(digits / 10).\(digits % 10)e\(power)"
    }
}
