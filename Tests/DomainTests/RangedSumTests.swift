import Domain
import Glibc
import Testing

@Suite("sums of ranges")
struct RangedSumTests {
    @Test("two parts of one business are off together by half")
    func correlation() throws {
        let part = range(100, deviation: 0.2)
        let sum = part + part
        #expect(sum.expected == 200)
        // Of equal parts: the root of (1 + 1 + 1) / 4.
        let deviation = log(try #require(sum.high) / 200) / Ranged.reach
        #expect(abs(deviation - 0.2 * 0.75.squareRoot()) < 1e-12)
        // A part of nothing adds nothing, and one without a range takes it away.
        let same = part + Ranged(0, low: 0, high: 0)
        #expect(abs(try #require(same.high) - (try #require(part.high))) < 1e-9)
        #expect((part + Ranged(5)).high == nil)
    }

    @Test("a sum is never lower than both parts at their low ends")
    func low() throws {
        let (one, other) = (range(100, deviation: 0.6), range(100, deviation: 0.6))
        let sum = one + other
        #expect(try #require(sum.low) >= (try #require(one.low)) + (try #require(other.low)))
    }

    private func range(_ expected: Double, deviation: Double) -> Ranged {
        let reach = exp(Ranged.reach * deviation)
        return Ranged(expected, low: expected / reach, high: expected * reach)
    }
}
