import Glibc
import Numerics

/// Expectations over a drop-out probability p that is beta (a, b).
///
/// The closed form of the expected purchases (Fader, Hardie & Lee 2005, equation 10) divides by
/// a - 1 and multiplies numbers that overflow and underflow for large x. The same expectation is
/// here an integral of positive terms: a customer with probability p of leaving after each purchase
/// and a gamma rate with `shape` expects (1 - (1 + p t)^-shape) / p purchases by time t, in units of
/// the rate's scale. It is summed by the trapezoidal rule in the logit of p, which converges
/// exponentially. Where a (or b) is below 1 the sum would have a long tail at p = 0 (or p = 1): there
/// a straight line through the value at that end is taken off and integrated exactly.
///
/// Relative error about 1e-12 times max(1, (shape t)^a for a < 1); finite for all a, b, shape, t > 0.
package struct DropOutMixture: Sendable {
    private let meanDropOut: Double
    private let hasTailAtZero: Bool
    private let hasTailAtOne: Bool
    private let nodes: [Node]

    private struct Node: Sendable {
        var p: Double
        var weight: Double
    }

    package init(a: Double, b: Double) {
        let (tailAtZero, tailAtOne) = (a < 1, b < 1)
        let step = min(0.3, 0.7 * (1 / a + 1 / b).squareRoot())
        let mode = log(a / b)
        let scale = logBeta(a, b)
        var nodes: [Node] = []
        var largest = 0.0
        for direction in [1.0, -1.0] {
            var logit = direction > 0 ? mode : mode - step
            while true {
                let p = 1 / (1 + exp(-logit))
                let density = exp(-a * log1p(exp(-logit)) - b * log1p(exp(logit)) - scale)
                nodes.append(Node(p: p, weight: step * density))
                let rest = density * (tailAtZero ? p : 1) * (tailAtOne ? 1 - p : 1)
                largest = max(largest, rest)
                if rest <= 1e-19 * largest { break }
                logit += direction * step
            }
        }
        meanDropOut = a / (a + b)
        hasTailAtZero = tailAtZero
        hasTailAtOne = tailAtOne
        self.nodes = nodes
    }

    /// The expected purchases by `time` of an active customer whose rate is gamma (`shape`, 1).
    package func expectedPurchases(shape: Double, time: Double) -> Double {
        let always = -expm1(-shape * log1p(time))
        let atZero = hasTailAtZero ? shape * time : 0
        let atOne = hasTailAtOne ? always : 0
        var rest = 0.0
        for node in nodes {
            let purchases = -expm1(-shape * log1p(node.p * time)) / node.p
            rest += node.weight * (purchases - atZero * (1 - node.p) - atOne * node.p)
        }
        // Whoever leaves after every purchase still makes the first.
        return max(always, atZero * (1 - meanDropOut) + atOne * meanDropOut + rest)
    }
}
