import Glibc

/// A small symmetric matrix by its eigenvalues, largest first, and their vectors.
///
/// Jacobi's method (Golub & Van Loan 2013, section 8.5): rotations until nothing is left beside the
/// diagonal. Meant for a handful of rows.
package struct SymmetricMatrix: Sendable {
    package let values: [Double]
    /// Of unit length, in the order of the values.
    package let vectors: [[Double]]

    /// Of `elements` row by row; what differs between the two sides of the diagonal is averaged.
    package init(_ elements: [[Double]]) {
        let n = elements.count
        var a = (0..<n).map { i in (0..<n).map { (elements[i][$0] + elements[$0][i]) / 2 } }
        var turned = (0..<n).map { i in (0..<n).map { $0 == i ? 1.0 : 0 } }
        for _ in 0..<50 {
            var beside = 0.0
            var whole = 0.0
            for i in 0..<n {
                for j in 0..<n {
                    whole += a[i][j] * a[i][j]
                    if i != j { beside += a[i][j] * a[i][j] }
                }
            }
            guard beside > 1e-30 * whole else { break }
            for p in 0..<n {
                for q in (p + 1)..<max(p + 1, n) where a[p][q] != 0 {
                    rotate(&a, &turned, p, q)
                }
            }
        }
        let order = (0..<n).sorted { (a[$0][$0], $1) > (a[$1][$1], $0) }
        values = order.map { a[$0][$0] }
        vectors = order.map { column in turned.map { $0[column] } }
    }

    /// The sum over eigenvalues of `function` of it times the projection on its vector.
    package func mapValues(_ function: (Double) -> Double) -> [[Double]] {
        let n = values.count
        let mapped = values.map(function)
        return (0..<n).map { i in
            (0..<n).map { j in
                (0..<n).reduce(0) { $0 + mapped[$1] * vectors[$1][i] * vectors[$1][j] }
            }
        }
    }
}

/// Makes the element of row `p` and column `q` vanish.
private func rotate(_ a: inout [[Double]], _ turned: inout [[Double]], _ p: Int, _ q: Int) {
    let ratio = (a[q][q] - a[p][p]) / (2 * a[p][q])
    let tangent = (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = tangent * cosine
    for k in a.indices {
        let (one, other) = (a[k][p], a[k][q])
        a[k][p] = cosine * one - sine * other
        a[k][q] = sine * one + cosine * other
    }
    for k in a.indices {
        let (one, other) = (a[p][k], a[q][k])
        a[p][k] = cosine * one - sine * other
        a[q][k] = sine * one + cosine * other
    }
    for k in turned.indices {
        let (one, other) = (turned[k][p], turned[k][q])
        turned[k][p] = cosine * one - sine * other
        turned[k][q] = sine * one + cosine * other
    }
}
