import Domain
import Glibc
import Modeling
import Numerics
import ProbabilityModels
import Testing

@Suite("ranges of newcomers")
struct NewcomerCoverageTests {
    /// How the number who come changes: by day, the logarithm of the level.
    enum World: CaseIterable {
        case steady, rare, growing, wandering, closing

        func levels(_ days: Int, _ random: inout RandomSource) -> [Double] {
            var step = 0.0
            return (0..<days).map { day in
                switch self {
                case .steady: return log(7)
                case .rare: return log(0.4)
                case .growing: return log(3) + 0.001 * Double(day)
                case .wandering:
                    step += 0.02 * random.normal()
                    return log(6) + step
                // Nobody on Sundays, nor in the last days of each year.
                case .closing: return day % 7 == 6 || day % 365 > 355 ? -20 : log(8)
                }
            }
        }
    }

    @Test(
        "ranges hold about nine of ten outcomes, and are none too wide",
        arguments: World.allCases
    )
    func coverage(_ world: World) throws {
        let seed: UInt64 = 97
        var random = RandomSource(seed: seed)
        var (inside, all, ratios): (Int, Int, [Double]) = (0, 0, [])
        for _ in 0..<12 {
            let new = world.levels(900, &random).map { poisson(exp($0), &random) }
            for asOf in [150, 330, 535] {
                let arrivals = try #require(ArrivalForecast(counts(new[..<asOf]), days: 365))
                let model = BetaGeometricModel(r: 0.8, alphaWeeks: 4, a: 0.8, b: 2.5)
                let forecast = NewcomerForecast(arrivals, model, firstSpend: 0, laterSpend: 0)
                for days in [7, 30, 180, 365] {
                    let range = forecast.outlook(0, days).customers
                    let (low, high) = try (#require(range.low), #require(range.high))
                    let truth = Double(new[asOf..<asOf + days].reduce(0, +))
                    inside += low.rounded() <= truth && truth <= high.rounded() ? 1 : 0
                    all += 1
                    if days > 7 { ratios.append(high / low) }
                }
            }
        }
        let share = Double(inside) / Double(all)
        let median = ratios.sorted()[ratios.count / 2]
        #expect(share > 0.85, "\(world), seed \(seed): \(share) of \(all)")
        #expect(median < (world == .rare ? 6 : 3), "\(world), seed \(seed): \(median)")
        #expect(ratios.allSatisfy { $0 < 20 }, "\(world), seed \(seed): \(ratios.max() ?? 0)")
    }

    private func poisson(_ mean: Double, _ random: inout RandomSource) -> Int {
        var (count, time) = (0, random.exponential(rate: 1))
        while time < mean { (count, time) = (count + 1, time + random.exponential(rate: 1)) }
        return count
    }

    private func counts(_ new: ArraySlice<Int>) -> DailyCounts {
        DailyCounts(
            firstDay: Day(number: 19_000),
            newCustomers: Array(new),
            repeatPurchases: Array(repeating: 0, count: new.count),
            firstSpend: nil
        )
    }
}
