import Domain
import Evaluation
import Glibc
import Numerics
import Testing

@Suite("what is no drift", .timeLimit(.minutes(2)))
struct DriftNoiseTests {
    /// Windows of customers whose forecasts are right, and who spend log-normal amounts: the deviation
    /// is 1 between customers and 0.7 within.
    private struct SteadyShop {
        let means: [Double]
        var random: RandomSource
        var amounts: [Double] = []

        init(customers: Int, seed: UInt64) {
            var random = RandomSource(seed: seed)
            means = (0..<customers).map { _ in exp(random.normal() - 0.5) }
            self.random = random
        }

        /// Of each customer `rate` purchases are expected.
        mutating func total(rate: Double, days: Int) -> PastTotal {
            var (purchases, spend) = (Sums(), Sums())
            for mean in means {
                let count = random.poisson(mean: rate)
                let own = (0..<count).map { _ in mean * exp(0.7 * random.normal() - 0.245) }
                amounts += own
                purchases.add(rate, Double(count))
                spend.add(rate * mean, own.reduce(0, +))
            }
            return PastTotal(
                origin: World.first,
                horizonDays: days,
                customers: means.count,
                purchases: purchases.comparison,
                spend: spend.comparison
            )
        }

        /// One customer's, which tells of the amounts.
        var ledger: Ledger {
            var pool = StringPool()
            _ = pool.append("c")
            return Ledger(
                customers: pool,
                offsets: [0, UInt32(amounts.count)],
                day: amounts.indices.map { Int32($0) },
                amount: amounts,
                asOf: Day(number: Int32(amounts.count))
            )
        }
    }

    private struct Sums {
        private var (expected, actual, squares) = (0.0, 0.0, 0.0)

        mutating func add(_ expected: Double, _ actual: Double) {
            self.expected += expected
            self.actual += actual
            squares += (actual - expected) * (actual - expected)
        }

        var comparison: PastTotal.Comparison {
            .init(expected: expected, actual: actual, chance: squares / (expected * expected))
        }
    }

    @Test(
        "of steady shops with few and unequal orders fewer than one in a hundred seem to drift",
        arguments: [(10, 1000), (30, 600), (100, 300)]
    )
    func steady(orders: Int, shops: Int) {
        let month = LevelError(purchases: 0.105, spend: 0.105)
        var (byTotals, byLedger): ([UInt64], [UInt64]) = ([], [])
        for seed in 1...UInt64(shops) {
            var shop = SteadyShop(customers: 20 * orders, seed: seed)
            let past = (0..<8).map { _ in shop.total(rate: 0.05 * 30 / 7, days: 30) }
            let known = shop.ledger
            let week = shop.total(rate: 0.05, days: 7)
            func isDrift(_ totals: [PastTotal], _ known: Ledger) -> Bool {
                let past = PastTotals(totals: totals, levelErrors: [30: month])
                let noise = DriftNoise(past, known: known, days: 7)
                return noise.deviations(of: week) > Drift.usualLimit
            }
            shop.amounts = [1]
            if isDrift(past, shop.ledger) { byTotals.append(seed) }
            if isDrift([], known) { byLedger.append(seed) }
        }
        #expect(100 * byTotals.count < shops, "\(orders) orders, by past totals: seeds \(byTotals)")
        #expect(100 * byLedger.count < shops, "\(orders) orders, by the ledger: seeds \(byLedger)")
    }

    @Test("a week's level is not known better than a month's, and a quarter's less well")
    func level() {
        let past = PastTotals(totals: [], levelErrors: [30: .usual])
        func deviations(_ days: Int) -> Double {
            DriftNoise(past, known: ledger([20, 20]), days: days)
                .deviations(of: total(purchases: 800, spend: 800))
        }
        #expect(deviations(7) == deviations(30) && deviations(28) == deviations(30))
        #expect(deviations(91) < deviations(30))
    }

    @Test("of newest spend as much may still come back as of earlier spend did")
    func returns() {
        let past = PastTotals(totals: [], levelErrors: [30: .init(purchases: 0.05, spend: 0.05)])
        func deviations(_ share: Double, purchases: Double, spend: Double) -> Double {
            DriftNoise(past, known: ledger([1, 1]), days: 28, returnedShare: share)
                .deviations(of: total(purchases: purchases, spend: spend))
        }
        // All is gross, of which 30 % will come back.
        let gross = 1000 / 0.7
        #expect(deviations(0, purchases: 1000, spend: gross) > Drift.usualLimit)
        #expect(deviations(0.3, purchases: 1000, spend: gross) <= 1)
        #expect(deviations(0.3, purchases: 1000, spend: 3000) > Drift.usualLimit)
        // A return takes no purchase day away.
        #expect(deviations(0.3, purchases: 1500, spend: 1000) > Drift.usualLimit)
        #expect(deviations(1, purchases: 1000, spend: gross) < 1)
    }

    @Test("spend that returns outweigh is none, and far from what was expected")
    func negative() {
        let noise = DriftNoise(PastTotals(), known: ledger([20, -5]), days: 28)
        let none = noise.deviations(of: total(purchases: 1000, spend: 0))
        #expect(none > Drift.usualLimit && none.isFinite)
        #expect(noise.deviations(of: total(purchases: 1000, spend: -20)) == none)
    }

    private func ledger(_ amounts: [Double]) -> Ledger {
        var shop = SteadyShop(customers: 1, seed: 1)
        shop.amounts = amounts
        return shop.ledger
    }

    /// Beside 1000 of each that were expected.
    private func total(purchases: Double, spend: Double) -> PastTotal {
        func comparison(_ actual: Double) -> PastTotal.Comparison {
            .init(expected: 1000, actual: actual, chance: 0.001)
        }
        return PastTotal(
            origin: World.first,
            horizonDays: 28,
            customers: 1000,
            purchases: comparison(purchases),
            spend: comparison(spend)
        )
    }
}
