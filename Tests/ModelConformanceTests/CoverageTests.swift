import Domain
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Testing

/// Whether 90 % ranges hold 90 % of what then happens, by the randomised probability integral
/// transform: an outcome's place in its own distribution is uniform, with atoms randomised.
@Suite("coverage on simulated outcomes", .timeLimit(.minutes(10)))
struct CoverageTests {
    @Test("central ranges of the count hold as much as they say", arguments: PurchaseCase.all)
    func counts(family: PurchaseCase) throws {
        let seed: UInt64 = 61
        var random = RandomSource(seed: seed)
        let world = family.worlds[0].world
        let horizon = 20_000.0
        let (customers, later) = world.customers(
            longTier ? 20_000 : 4000,
            ahead: horizon,
            seed: seed
        )
        let fitted = try family.family.fit(PurchasePatterns(customers), .weak, control())
        let model = try family.family.load(fitted)
        var inside = 0
        for customer in later.indices {
            let counts = model.counts(customers.history(customer), within: horizon)
            let outcome = Int(later[customer])
            let above = outcome + 1 < counts.atLeast.count ? counts.atLeast[outcome + 1] : 0
            let place = 1 - above - random.uniform() * counts.probability(of: outcome)
            if place >= 0.05 && place <= 0.95 { inside += 1 }
        }
        let share = Double(inside) / Double(later.count)
        #expect(share > 0.88 && share < 0.92, "seed \(seed): \(share)")
    }

    @Test("ranges of spend are exceeded as often as they say")
    func spend() throws {
        let seed: UInt64 = 62
        let world = World(
            shape: 0.8,
            scaleDays: 600,
            leaving: .afterPurchases(a: 0.8, b: 4, isFirstOne: false),
            ageMax: 7000
        )
        let count = longTier ? 20_000 : 4000
        var (customers, later) = world.customers(count, ahead: 3650, seed: seed)
        var random = RandomSource(seed: seed + 1)
        var outcomes: [Double] = []
        for customer in 0..<count {
            let rate = random.gamma(shape: 4, rate: 15)
            let x = Double(customers.repeats[customer])
            let known = x > 0 ? random.gamma(shape: 6 * x, rate: rate) : 0
            customers.meanSpend[customer] = x > 0 ? known / x : .nan
            customers.historicSpend.append(known + random.gamma(shape: 6, rate: rate))
            let bought = Double(later[customer])
            outcomes.append(bought > 0 ? random.gamma(shape: 6 * bought, rate: rate) : 0)
        }
        let (purchases, spend) = (BetaGeometricFamily(), GammaGammaFamily())
        let fits = (
            try purchases.fit(PurchasePatterns(customers), .weak, control()),
            try spend.fit(customers, .weak, control())
        )
        let draws = try (0..<SigmaDesign.draws).map {
            ParameterDraw(
                purchases: try purchases.load(fits.0.draw($0, .pairs)),
                spend: try spend.load(fits.1.draw($0, .simplex))
            )
        }
        let ranges = RangeForecaster(draws, for: customers, days: 3650, ThreadTeam())
            .forecast(0..<count, of: customers).spend
        // Where a bound is above zero the distribution has no atom, so plain counting is exact.
        let above = outcomes.indices.filter { ranges.high[$0] > 0 }
        let below = outcomes.indices.filter { ranges.low[$0] > 0 }
        let exceeded = Double(above.count { outcomes[$0] > ranges.high[$0] }) / Double(above.count)
        let missed = Double(below.count { outcomes[$0] < ranges.low[$0] }) / Double(below.count)
        #expect(exceeded > 0.035 && exceeded < 0.065, "seed \(seed): \(exceeded), \(above.count)")
        #expect(missed > 0.03 && missed < 0.07, "seed \(seed): \(missed), \(below.count)")
    }
}
