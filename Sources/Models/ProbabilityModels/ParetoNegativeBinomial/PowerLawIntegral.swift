import Glibc

/// Integrals over w from 0 of (1 + w / A)^-p (1 + w / B)^-q times what the caller puts in.
///
/// All of Pareto/NBD that is not elementary is of this form. The textbook's difference of two
/// hypergeometric functions cancels or overflows for heavy buyers; here every term is positive. In
/// v = ln(1 + w / min(A, B)) the integrand is smooth on the scale of 1, or falls like an exponential,
/// so panels of twelve Gauss-Legendre nodes, as wide as its slope allows, give 1e-12.
struct PowerLawIntegral {
    let firstScale: Double
    let firstPower: Double
    let secondScale: Double
    let secondPower: Double

    /// A place of the quadrature.
    struct Node {
        var w: Double
        /// The integrand times the quadrature's weight: what the place adds to the integral.
        var share: Double
        /// ln(1 + w / A) and ln(1 + w / B).
        var firstLog: Double
        var secondLog: Double
    }

    /// The integral itself, up to `length`.
    @inline(__always)
    func value(upTo length: Double) -> Double {
        var sum = 0.0
        forEachNode(upTo: length) { sum += $0.share }
        return sum
    }

    /// Calls `body` with every node up to `length`.
    ///
    /// No panel is wider than `widest` of the w at its begin allows, itself in units of w.
    @inline(__always)
    func forEachNode(
        upTo length: Double,
        widest: (_ w: Double) -> Double = { _ in .infinity },
        _ body: (Node) -> Void
    ) {
        let scale = min(firstScale, secondScale)
        let end = log1p(length / scale)
        var (start, sum) = (0.0, 0.0)
        while start < end {
            let begin = scale * expm1(start)
            let width = width(at: start, end, scale, widest(begin) / (scale + begin))
            let last = addPanel(from: start, width, scale, &sum, body)
            start += width
            // The slope only falls, so from here on the integrand stays below its last value.
            if last * (end - start) < 1e-17 * sum, slope(at: start, scale) < 0 { return }
        }
    }

    /// As wide as twelve nodes can serve: some e-folds of the integrand, and a few units of v.
    @inline(__always)
    private func width(
        at start: Double,
        _ end: Double,
        _ scale: Double,
        _ widest: Double
    ) -> Double {
        let steepest = abs(slope(at: start, scale))
        let width = min(end - start, 2.5, 9 / steepest, widest)
        let steepestAtEnd = abs(slope(at: start + width, scale))
        return steepestAtEnd * width > 11 ? 11 / steepestAtEnd : width
    }

    /// The derivative of the integrand's logarithm by v.
    @inline(__always)
    private func slope(at v: Double, _ scale: Double) -> Double {
        let w = scale * expm1(v)
        return 1 - (scale + w)
            * (firstPower / (firstScale + w) + secondPower / (secondScale + w))
    }

    /// The integrand at the last node, by v.
    @inline(__always)
    private func addPanel(
        from start: Double,
        _ width: Double,
        _ scale: Double,
        _ sum: inout Double,
        _ body: (Node) -> Void
    ) -> Double {
        let (places, weights) = GaussLegendre.rule
        var last = 0.0
        for index in places.indices {
            let v = start + width * places[index]
            let w = scale * expm1(v)
            let (firstLog, secondLog) =
                firstScale < secondScale
                ? (v, log1p(w / secondScale)) : (log1p(w / firstScale), v)
            last = (scale + w) * exp(-firstPower * firstLog - secondPower * secondLog)
            let share = width * weights[index] * last
            sum += share
            body(Node(w: w, share: share, firstLog: firstLog, secondLog: secondLog))
        }
        return last
    }
}

/// Gauss and Legendre's rule with twelve nodes on the unit interval.
private enum GaussLegendre {
    @inline(__always)
    static var rule: (places: [12 of Double], weights: [12 of Double]) {
        (
            [
                0.00921968287664037, 0.04794137181476257, 0.11504866290284766, 0.20634102285669126,
                0.31608425050090994, 0.43738329574426555, 0.5626167042557345, 0.6839157494990901,
                0.7936589771433087, 0.8849513370971524, 0.9520586281852375, 0.9907803171233596,
            ],
            [
                0.02358766819325591, 0.05346966299765922, 0.08003916427167311, 0.10158371336153296,
                0.11674626826917740, 0.12457352290670139, 0.12457352290670139, 0.11674626826917740,
                0.10158371336153296, 0.08003916427167311, 0.05346966299765922, 0.02358766819325591,
            ]
        )
    }
}
