/// The factor of a symmetric matrix that is given by its lower triangle, row by row.
struct Cholesky {
    private var factor: [Double]
    private let size: Int
    /// The first row that depends on those before it; nil when the matrix is positive definite.
    private(set) var dependentRow: Int?

    /// `tolerance`: how little of a row's diagonal may be left before it counts as dependent.
    init(_ triangle: [Double], size: Int, tolerance: Double = 1e-10) {
        factor = triangle
        self.size = size
        for row in 0..<size {
            for column in 0...row {
                var sum = self[row, column]
                for k in 0..<column { sum -= self[row, k] * self[column, k] }
                if column < row {
                    self[row, column] = sum / self[column, column]
                } else {
                    guard sum > tolerance * triangle[row * (row + 1) / 2 + row] else {
                        dependentRow = row
                        return
                    }
                    self[row, row] = sum.squareRoot()
                }
            }
        }
    }

    /// The x of A x = b.
    func solve(_ right: [Double]) -> [Double] {
        var x = right
        for row in 0..<size {
            for column in 0..<row { x[row] -= self[row, column] * x[column] }
            x[row] /= self[row, row]
        }
        for row in (0..<size).reversed() {
            for below in row + 1..<max(row + 1, size) { x[row] -= self[below, row] * x[below] }
            x[row] /= self[row, row]
        }
        return x
    }

    /// The diagonal of the inverse.
    var inverseDiagonal: [Double] {
        (0..<size).map { row in
            solve((0..<size).map { $0 == row ? 1 : 0 })[row]
        }
    }

    private subscript(row: Int, column: Int) -> Double {
        get { factor[row * (row + 1) / 2 + column] }
        set { factor[row * (row + 1) / 2 + column] = newValue }
    }
}
