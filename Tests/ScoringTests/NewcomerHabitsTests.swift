import Domain
import Glibc
import Modeling
import Numerics
import ProbabilityModels
import Testing

@Suite("habits of newcomers")
struct NewcomerHabitsTests {
    private let model = BetaGeometricModel(r: 0.8, alphaWeeks: 4, a: 0.8, b: 2.5)
    private let days = 730
    private let leftOut = 182

    /// Customers who came evenly over the history, with so many times the purchases of the model's.
    private func habits(
        _ customers: Int,
        _ random: inout RandomSource,
        times: (_ age: Int) -> Double
    ) -> NewcomerHabits {
        var summaries = CustomerSummaries(
            repeats: [],
            recency: [],
            age: [],
            meanSpend: [],
            historicSpend: []
        )
        for _ in 0..<customers {
            let age = Int(random.uniform() * Double(days))
            let repeats = purchases(within: Double(age), times(age), &random)
            summaries.repeats.append(repeats)
            summaries.age.append(Int32(age))
            summaries.recency.append(repeats > 0 ? Int32(age) : 0)
        }
        let counts = DailyCounts(
            firstDay: Day(number: 19_000),
            newCustomers: Array(repeating: 1, count: days),
            repeatPurchases: Array(repeating: 0, count: days),
            firstSpend: nil
        )
        return NewcomerHabits(summaries, model, counts)
    }

    private func purchases(
        within age: Double,
        _ factor: Double,
        _ random: inout RandomSource
    ) -> Int32 {
        let rate = factor * random.gamma(shape: 0.8, rate: 28)
        let leaves = random.beta(0.8, 2.5)
        var (time, count) = (random.exponential(rate: rate), Int32(0))
        while time < age {
            count += 1
            if random.uniform() < leaves { break }
            time += random.exponential(rate: rate)
        }
        return count
    }

    @Test("who buys as the model says changes nothing, whatever those of the first days did")
    func asModelled() {
        let seed: UInt64 = 41
        var random = RandomSource(seed: seed)
        let found = habits(8000, &random) { $0 >= days - leftOut ? 5 : 1 }
        #expect(abs(found.factor - 1) < 0.06, "seed \(seed): \(found)")
        #expect(found.deviation < 0.1, "seed \(seed): \(found)")
        #expect(found.sentence == nil, "seed \(seed)")
    }

    @Test("who buys less often is found out, and hardly by few customers")
    func less() throws {
        let seed: UInt64 = 43
        var random = RandomSource(seed: seed)
        let many = habits(8000, &random) { _ in 0.5 }
        #expect(many.factor > 0.5 && many.factor < 0.75, "seed \(seed): \(many)")
        let percent = Int((100 * (1 - many.factor)).rounded())
        #expect(
            many.sentence == "each buys \(percent) % less often later than the model says, "
                + "as those did who came since the history began well"
        )
        let shops = 200
        let few = (0..<shops).reduce(0) { sum, _ in
            sum + log(habits(30, &random) { _ in 0.5 }.factor) / Double(shops)
        }
        #expect(few < 0 && few > 0.8 * log(many.factor), "seed \(seed): \(few)")
    }

    @Test("cohorts that differ from each other make the level uncertain")
    func level() {
        let seed: UInt64 = 47
        var random = RandomSource(seed: seed)
        let alike = habits(20_000, &random) { _ in 1 }
        let apart = habits(20_000, &random) { $0 / 28 % 2 == 0 ? 0.4 : 1.6 }
        #expect(apart.deviation > 2 * alike.deviation, "seed \(seed): \(alike), \(apart)")
    }

    @Test("nobody new tells nothing")
    func nobody() {
        var random = RandomSource(seed: 1)
        let found = habits(0, &random) { _ in 1 }
        #expect(found.factor == 1 && found.deviation == LevelError.usual.purchases)
    }
}
