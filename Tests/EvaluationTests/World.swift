import Domain
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import SurvivalModels

/// Customers of a BG/NBD world who spend log-normal amounts, over some days from 2022-01-01.
struct World {
    static let first = Day(number: 18_993)
    let days: Int
    private let bought: [[Int]]
    private let amounts: [[Double]]

    /// `spendMatters`: who spends little never comes back, which the models of purchases do not know.
    init(customers: Int, seed: UInt64, days: Int = 500, spendMatters: Bool = false) {
        var random = RandomSource(seed: seed)
        self.days = days
        var (bought, amounts): ([[Int]], [[Double]]) = ([], [])
        for _ in 0..<customers {
            let scale = random.gamma(shape: 4, rate: 60)
            let rate = random.gamma(shape: 0.9, rate: 40)
            let leaves = random.beta(0.8, 2.5)
            var day = (random.uniform() * Double(days - 10)).rounded(.down)
            var own = [Int(day)]
            while !spendMatters || scale < 0.06 {
                day += random.exponential(rate: rate)
                guard day < Double(days) else { break }
                if Int(day) > own[own.count - 1] { own.append(Int(day)) }
                if random.uniform() < leaves { break }
            }
            amounts.append(own.map { _ in random.gamma(shape: 6, rate: scale) })
            bought.append(own)
        }
        (self.bought, self.amounts) = (bought, amounts)
    }

    var ledger: Ledger {
        var pool = StringPool()
        var (offsets, day, amount): ([UInt32], [Int32], [Double]) = ([0], [], [])
        for customer in bought.indices {
            _ = pool.append("c\(padded(customer, 7))")
            day += bought[customer].map { World.first.number + Int32($0) }
            amount += amounts[customer]
            offsets.append(UInt32(day.count))
        }
        return Ledger(
            customers: pool,
            offsets: offsets,
            day: day,
            amount: amount,
            asOf: World.first + (days - 1)
        )
    }
}

let families = ModelCatalogue(
    purchases: [BetaGeometricFamily()],
    returns: [CoxFamily()],
    spend: [GammaGammaFamily()]
)

let control = WorkControl(
    team: ThreadTeam(threads: 2),
    isCancelled: { false },
    clock: { 0 }
)
