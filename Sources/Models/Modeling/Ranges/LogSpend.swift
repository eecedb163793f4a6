import Glibc
import Numerics

/// The distribution of the logarithm of what a customer spends in some purchases, in units of a scale
/// of the customer's own.
package enum LogSpend: Sendable {
    /// The spend itself is beta-prime: the sum of gamma amounts whose rate is gamma.
    case betaPrime(a: Double, b: Double)
    case normal(mean: Double, deviation: Double)

    /// Where the density is highest, or nearly so.
    var middle: Double {
        switch self {
        case .betaPrime(let a, let b): log(a / b)
        case .normal(let mean, _): mean
        }
    }

    /// About a standard deviation, never more.
    var deviation: Double {
        switch self {
        case .betaPrime(let a, let b): (1 / a + 1 / b).squareRoot()
        case .normal(_, let deviation): deviation
        }
    }

    /// All but a thousandth lies between these.
    var reach: ClosedRange<Double> {
        switch self {
        case .betaPrime(let a, let b):
            (middle - 3.3 * deviation - 4 / a)...(middle + 3.3 * deviation + 4 / b)
        case .normal: (middle - 3.5 * deviation)...(middle + 3.5 * deviation)
        }
    }

    /// The mean of the squared spend; where a heavy tail has none, that of a slightly lighter one.
    var meanSquare: Double {
        switch self {
        case .betaPrime(let a, let b): a * (a + 1) / (max(0.1, b - 1) * max(0.5, b - 2))
        case .normal(let mean, let deviation): exp(2 * mean + 2 * deviation * deviation)
        }
    }

    /// The mean spend; where a heavy tail has none, that of a slightly lighter one.
    var mean: Double {
        switch self {
        case .betaPrime(let a, let b): a / max(0.1, b - 1)
        case .normal(let mean, let deviation): exp(mean + deviation * deviation / 2)
        }
    }

    /// The probabilities of more than each of `count` values, `step` apart from `start` on.
    ///
    /// The density is summed by the trapezoidal rule with its end correction (Euler & Maclaurin), which
    /// is exact to a thousandth for steps up to the deviation.
    func tails(from start: Double, step: Double, count: Int) -> [Double] {
        var sums: [Double] = []
        sums.reserveCapacity(count)
        let density = density
        var (sum, before) = (0.0, density(start))
        sums.append(0)
        for index in 1..<max(1, count) {
            let here = density(start + Double(index) * step)
            sum +=
                step / 2 * (before.value + here.value)
                + step * step / 12 * (before.slope - here.slope)
            before = here
            sums.append(sum)
        }
        guard sum > 0 else { return sums.map { _ in 1 } }
        return sums.map { max(0, 1 - $0 / sum) }
    }

    /// The density and its derivative.
    private var density: (Double) -> (value: Double, slope: Double) {
        switch self {
        case .betaPrime(let a, let b):
            let scale = logBeta(a, b)
            return { z in
                let small = exp(-abs(z))
                let share = z > 0 ? 1 / (1 + small) : small / (1 + small)
                let softplus = max(0, z) + log1p(small)
                let value = exp(a * z - (a + b) * softplus - scale)
                return (value, value * (a - (a + b) * share))
            }
        case .normal(let mean, let deviation):
            let scale = 1 / (deviation * (2 * Double.pi).squareRoot())
            return { z in
                let distance = (z - mean) / deviation
                let value = scale * exp(-distance * distance / 2)
                return (value, -value * distance / deviation)
            }
        }
    }
}
