import Domain
import Evaluation
import Features
import Glibc
import JSONCoding
import Modeling
import Numerics
import Testing
import Training

@Suite("level errors", .timeLimit(.minutes(2)))
struct LevelErrorTests {
    @Test("without a past a month is a seventh, and longer horizons more")
    func none() {
        let past = PastTotals([], horizonsDays: [30, 365])
        #expect(past.levelError(ofDays: 30) == .usual)
        // Of a horizon that nobody asked for, too.
        #expect(past.levelError(ofDays: 90) == LevelError.usual.grown(toDays: 90))
        // 0.14 (365 / 30)^0.2.
        #expect(abs(past.levelError(ofDays: 365).purchases - 0.230_8) < 1e-4)
        #expect(
            past.sentence == """
                30 days: no earlier date has history enough, taken to 14 %; \
                365 days: no earlier date has history enough, taken to 23 %
                """
        )
    }

    @Test("dates of all horizons say how far a month is off, and a longer one is off by more")
    func longer() {
        let month = [0.3, -0.3, 0.25, -0.25].map { total($0, chance: 0) }
        let past = PastTotals(month, horizonsDays: [30, 180, 365])
        let error = past.levelError(ofDays: 30)
        #expect(error.purchases > 0.2)
        #expect(past.levelError(ofDays: 180) == error.grown(toDays: 180))
        #expect(past.levelError(ofDays: 365).purchases > past.levelError(ofDays: 180).purchases)
        #expect(past.levelError(ofDays: 365).spend == LevelError.usual.grown(toDays: 365).spend)
        let percent = Int((100 * past.levelError(ofDays: 365).purchases).rounded())
        #expect(
            past.sentence.hasSuffix(
                "365 days: no earlier date has history enough, taken to \(percent) %"
                    + " by what other horizons were off"
            )
        )
        // Dates of a year that were good count for a month too, and what is asked for does not.
        let year = [0.02, -0.02, 0.01].map { total($0, chance: 0, days: 365) }
        let known = PastTotals(month + year, horizonsDays: [365, 30])
        #expect(known.levelError(ofDays: 30).purchases < error.purchases)
        #expect(
            known.levelErrors[365] == PastTotals(month + year, horizonsDays: [365]).levelErrors[365]
        )
        // A miss of a year is as bad as a smaller one of a month.
        let growth = LevelError.growth(toDays: 365)
        let one = PastTotals([total(0.3, chance: 0)], horizonsDays: [30])
        let same = PastTotals([total(0.3 * growth, chance: 0, days: 365)], horizonsDays: [30])
        let (first, second) = (one.levelError(ofDays: 30), same.levelError(ofDays: 30))
        #expect(abs(first.purchases - second.purchases) < 1e-12)
        // Horizons off the ladder are told, and not learnt from: they were asked for by chance.
        let odd = PastTotals(month + [total(0, chance: 0, days: 45)], horizonsDays: [30, 45])
        #expect(odd.levelErrors[30] == error && odd.sentence.contains("45 days from one earlier"))
        // No level is off by more than three times.
        let wild = PastTotals([1, -1, 1].map { total($0, chance: 0) }, horizonsDays: [30, 3650])
        #expect(wild.levelErrors[3650]?.purchases == 0.6)
    }

    @Test("dates that knew no season count where no others are, for what is usual at least")
    func withoutSeason() {
        func plain(_ error: Double) -> PastTotal {
            var total = total(error, chance: 0)
            total.lacksSeason = true
            return total
        }
        let only = PastTotals([plain(0.5)], horizonsDays: [30])
        #expect(only.levelError(ofDays: 30).purchases > 0.15)
        #expect(
            only.sentence.hasPrefix(
                "30 days from one earlier date that knew no season yet: off by -39"
            )
        )
        let exact = PastTotals([0, 0, 0].map(plain), horizonsDays: [30])
        #expect(exact.levelError(ofDays: 30) == .usual)
        // With dates that knew it, those alone count.
        let alike = [total(0.02, chance: 0), total(-0.02, chance: 0)]
        let both = PastTotals(alike + [plain(0.9)], horizonsDays: [30])
        #expect(both.levelErrors == PastTotals(alike, horizonsDays: [30]).levelErrors)
        #expect(both.sentence.contains("30 days from 2 earlier dates: off by -2 % to +2 %"))
        #expect(both.totals.count == 3)
    }

    @Test("the more dates, the more the errors count; what chance explains does not")
    func estimate() {
        func level(_ errors: [Double], chance: Double = 0) -> Double {
            PastTotals(errors.map { total($0, chance: chance) }, horizonsDays: [30])
                .levelError(ofDays: 30).purchases
        }
        // Few dates are drawn towards what is usual from both sides, many are not.
        let large = [0.3, -0.3]
        #expect(level(large) > 0.15 && level(large) < 0.3)
        let many = (0..<20).flatMap { _ in large }
        #expect(abs(level(many) - 0.3) < 0.03)
        #expect(level([0.01, -0.01]) > level([0.01, -0.01, 0.01, -0.01]))
        #expect(level([0.01, -0.01, 0.01, -0.01]) > 0.02)
        // The same errors, once without and once with as much chance.
        #expect(level(large, chance: 0.09) < level(large) - 0.05)
        // Where chance is all there is, nothing is learnt.
        #expect(abs(level([0.5], chance: 4) - 0.14) < 0.005)
    }

    @Test("a known deviation of many tenants' levels is found again")
    func recovery() {
        var random = RandomSource(seed: 5)
        for truth in [0.05, 0.2, 0.5] {
            let errors = (0..<300).map { _ in
                let chance = 0.01 * random.uniform()
                let error = (truth * truth + log1p(chance)).squareRoot() * random.normal()
                return total(error, chance: chance)
            }
            let found = PastTotals(errors, horizonsDays: [30]).levelError(ofDays: 30)
            #expect(abs(found.purchases / truth - 1) < 0.15, "\(truth): \(found)")
        }
    }

    @Test("a window without a purchase is no infinite error")
    func nothing() {
        let empty = PastTotal.Comparison(expected: 4, actual: 0, chance: 0.4)
        let past = PastTotals(
            [
                PastTotal(
                    origin: World.first,
                    horizonDays: 30,
                    customers: 9,
                    purchases: empty,
                    spend: nil
                )
            ],
            horizonsDays: [30]
        )
        let level = past.levelError(ofDays: 30)
        #expect(level.purchases > 0.14 && level.purchases < 0.25)
        #expect(level.spend == 0.14)
        #expect(
            past.sentence.hasPrefix(
                "30 days from one earlier date: nothing came after it, taken to 1"
            )
        )
        var more = past.totals + past.totals
        let none = PastTotals(more, horizonsDays: [30]).sentence
        #expect(none.contains("from 2 earlier dates: nothing came after any of them, taken"))
        more.append(total(0.1, chance: 0.1))
        let some = PastTotals(more, horizonsDays: [30]).sentence
        #expect(some.contains("3 earlier dates: off by -10 %, nothing came after 2 of them, taken"))
        #expect(some.hasSuffix(" % beyond chance"))
        // One closed week among good ones widens the range, and not tenfold.
        let good = [0.05, -0.05, 0.02].map { total($0, chance: 0.01) }
        var closed = total(0, chance: 0.01)
        closed.purchases.actual = 0
        let week = PastTotals(good + [closed], horizonsDays: [30]).levelError(ofDays: 30)
        #expect(week.purchases > 0.15 && week.purchases < 0.5, "\(week)")
        let never = PastTotals(Array(repeating: closed, count: 8), horizonsDays: [30])
        #expect(never.levelError(ofDays: 30).purchases == 0.6)
    }

    @Test("forecasts from earlier dates are those of the models, with chance as large as it is")
    func totals() throws {
        let ledger = World(customers: 1200, seed: 21).ledger
        let origin = try #require(
            PastOrigin.all(of: ledger, horizonsDays: [60]).first { $0.later[60] != nil }
        )
        let summaries = Features.summarise(origin.known, withFirstPurchases: true, control.team)
        let names = ["bg_nbd", "gamma_gamma"]
        let models = try fit(names, summaries)
        let total = try #require(
            try Evaluation.totals(from: origin, models, of: families, for: summaries, control)
                .first { $0.horizonDays == 60 }
        )
        let loaded = try LoadedModels(models, of: families, hasAmounts: true).draws[0]
        let average = try #require(loaded.spend).averageSpend(0..<summaries.count, of: summaries)
        let expected = summaries.repeats.indices.map {
            loaded.purchases.expectedPurchases(
                PurchaseHistory(
                    repeats: summaries.repeats[$0],
                    recency: summaries.recency[$0],
                    age: summaries.age[$0]
                ),
                within: 60
            )
        }
        let sum = expected.reduce(0, +)
        // Ages are rounded, both ways.
        #expect(abs(total.purchases.expected - sum) < 1e-3 * sum)
        let spend = zip(expected, average).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(try #require(total.spend).expected - spend) < 1e-3 * spend)
        let later = try #require(origin.later[60])
        #expect(total.purchases.actual == Double(later.purchases.reduce(0, +)))
        // The sum's relative deviation is some percent: a Poisson's, and somewhat more.
        let chance = total.purchases.chance.squareRoot()
        #expect(chance > 1 / sum.squareRoot() && chance < 3 / sum.squareRoot())
        // With a model for one-timers others are expected of them.
        let cox = try fit(names + ["cox"], summaries)
        let other = try Evaluation.totals(from: origin, cox, of: families, for: summaries, control)
        let same = try #require(other.first { $0.horizonDays == 60 })
        #expect(same.purchases.expected != total.purchases.expected)
        #expect(try JSONCoding.decode(PastTotal.self, from: JSONCoding.encode(total)) == total)
    }

    @Test("where nothing but chance is in past totals, their errors are as large as chance says")
    func chance() throws {
        var squares: [Double] = []
        for seed in 31..<37 {
            let ledger = World(customers: 1000, seed: UInt64(seed), days: 300).ledger
            for origin in PastOrigin.all(of: ledger, horizonsDays: [40]) {
                let summaries = Features.summarise(origin.known, control.team)
                let models = try fit(["bg_nbd", "gamma_gamma"], summaries)
                for total in try Evaluation.totals(
                    from: origin,
                    models,
                    of: families,
                    for: summaries,
                    control
                ) {
                    let error = log(total.purchases.actual / total.purchases.expected)
                    squares.append(error * error / total.purchases.chance)
                }
            }
        }
        let mean = squares.reduce(0, +) / Double(squares.count)
        #expect(squares.count >= 12)
        #expect(mean > 0.4 && mean < 2, "\(mean) of \(squares.count)")
    }

    @Test("spend that returns outweigh is a window without any")
    func negative() {
        func level(_ actual: Double) -> LevelError {
            var one = total(0, chance: 0.1)
            one.spend = .init(expected: 100, actual: actual, chance: 0.1)
            return PastTotals([one], horizonsDays: [30]).levelError(ofDays: 30)
        }
        #expect(level(-20) == level(0) && level(-20).spend.isFinite)
    }

    private func total(_ error: Double, chance: Double, days: Int = 30) -> PastTotal {
        PastTotal(
            origin: World.first,
            horizonDays: days,
            customers: 1000,
            // Exact but for what a window without purchases would need.
            purchases: .init(expected: 100, actual: 100 * exp(error), chance: chance),
            spend: nil
        )
    }

    private func fit(_ names: [String], _ summaries: CustomerSummaries) throws -> [FittedModel] {
        try Training.fit(names, of: families, to: summaries, control) { _, _ in }.models
    }
}
