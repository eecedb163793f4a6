import Numerics
import Testing

@Suite struct SymmetricMatrixTests {
    @Test("a matrix is put together again from its eigenvalues and vectors")
    func decomposition() {
        var random = RandomSource(seed: 3)
        for n in 1...5 {
            let half = (0..<n).map { _ in (0..<n).map { _ in random.normal() } }
            let matrix = (0..<n).map { i in (0..<n).map { half[i][$0] + half[$0][i] } }
            let decomposed = SymmetricMatrix(matrix)
            let again = decomposed.mapValues { $0 }
            for i in 0..<n {
                for j in 0..<n { #expect(abs(again[i][j] - matrix[i][j]) < 1e-12, "seed 3") }
            }
            #expect(decomposed.values == decomposed.values.sorted(by: >))
        }
    }

    @Test("an inverse is found by the eigenvalues")
    func inverse() {
        let inverse = SymmetricMatrix([[4, 2], [2, 3]]).mapValues { 1 / $0 }
        let expected = [[3.0 / 8, -2.0 / 8], [-2.0 / 8, 4.0 / 8]]
        for i in 0..<2 {
            for j in 0..<2 { #expect(abs(inverse[i][j] - expected[i][j]) < 1e-14) }
        }
    }

    @Test("no rows are no eigenvalues")
    func empty() { #expect(SymmetricMatrix([]).values.isEmpty) }
}
