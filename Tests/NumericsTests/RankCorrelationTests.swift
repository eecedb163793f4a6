import Numerics
import Testing

@Suite struct RankCorrelationTests {
    @Test("known correlations, with equal values and without")
    func known() {
        #expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 400]) == 1)
        #expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]) == -1)
        // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4.
        #expect(
            abs(rankCorrelation([1, 2, 2, 3], [5, 7, 6, 8]) - 4.5 / 22.5.squareRoot()) < 1e-15
        )
    }

    @Test("equal values tell nothing")
    func constant() {
        #expect(rankCorrelation([1, 1, 1], [1, 2, 3]) == 0 && rankCorrelation([], []) == 0)
    }
}
