import Domain
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import Testing
import Training

@Suite("newcomers")
struct NewcomerTests {
    @Test("a steady stream goes on, and the first part of the history does not count")
    func steady() throws {
        // Two years of ten a day, of which the first half year counts everybody as new.
        let counts = counts { $0 < 182 ? 100 : 10 }
        let forecast = try #require(ArrivalForecast(counts, days: 90))
        #expect(forecast.perDay == Array(repeating: 10, count: 90))
        #expect(forecast.levelError == 0.1 && forecast.historyDays == 548)
        // A quarter of a short history.
        let short = try #require(
            ArrivalForecast(self.counts(days: 80) { $0 < 20 ? 100 : 10 }, days: 9)
        )
        #expect(short.historyDays == 60 && short.perDay[0] == 10)
        #expect(ArrivalForecast(self.counts(days: 17) { _ in 10 }, days: 9) == nil)
        #expect(ArrivalForecast(self.counts(days: 100) { _ in 0 }, days: 9) == nil)
    }

    @Test("last year's days are followed where they were the better rule")
    func lastYear() throws {
        let wave = { (day: Int) in Int(100 + 60 * cos(2 * .pi * Double(day) / 365)) }
        let forecast = try #require(ArrivalForecast(counts(days: 1460, wave), days: 180))
        #expect(forecast.rule.hasPrefix("last year"))
        for day in [1, 60, 120, 180] {
            #expect(abs(forecast.perDay[day - 1] / Double(wave(1459 + day)) - 1) < 0.1, "\(day)")
        }
    }

    @Test("purchases are the first ones and what is expected of a brand-new customer since")
    func sums() throws {
        let arrivals = try #require(ArrivalForecast(counts { 5 + $0 / 365 }, days: 120))
        let model = BetaGeometricModel(r: 0.8, alphaWeeks: 4, a: 0.8, b: 2.5)
        let forecast = NewcomerForecast(arrivals, model, firstSpend: 20, laterSpend: 30)
        for days in [0, 1, 30, 120] {
            var (customers, purchases, spend) = (0.0, 0.0, 0.0)
            for arrival in 1..<max(1, days + 1) {
                let new = arrivals.perDay[arrival - 1]
                let left = Double(days - arrival)
                let again = left == 0 ? 0 : model.expectedPurchases(.new, within: left)
                customers += new
                purchases += new * (1 + again)
                spend += new * (20 + 30 * again)
            }
            let sums = forecast.within(days: days)
            #expect(abs(sums.customers - customers) < 1e-9 * max(1, customers))
            #expect(abs(sums.purchases - purchases) < 1e-9 * max(1, purchases))
            #expect(abs(sums.spend - spend) < 1e-9 * max(1, spend))
            #expect(sums.presentSpend == sums.spend)
        }
        let whole = forecast.within(days: 120)
        let range = forecast.purchases(whole)
        #expect((range.low ?? 0) < range.expected && range.expected < (range.high ?? 0))
        #expect((range.high ?? 0) > range.expected * 1.17)
    }

    @Test("customers and newcomers are the total of all, by period as in the whole")
    func totals() throws {
        var random = RandomSource(seed: 3)
        var summaries = CustomerSummaries(
            repeats: [],
            recency: [],
            age: [],
            meanSpend: [],
            historicSpend: []
        )
        for _ in 0..<600 {
            let age = Int32(60 + random.uniform() * 600)
            let repeats = Int32(random.exponential(rate: 0.7))
            summaries.repeats.append(repeats)
            summaries.age.append(age)
            summaries.recency.append(repeats == 0 ? 0 : Int32(Double(age) * random.uniform()))
            let spend = exp(3 + 0.5 * random.normal())
            summaries.meanSpend.append(repeats == 0 ? .nan : spend)
            summaries.historicSpend.append(Double(repeats + 1) * spend)
        }
        let catalogue = ModelCatalogue(
            purchases: [BetaGeometricFamily()],
            spend: [GammaGammaFamily()]
        )
        let team = ThreadTeam(threads: 2)
        let control = WorkControl(team: team, isCancelled: { false }, clock: { 0 })
        let models = try Training.fit([], of: catalogue, to: summaries, control) { _, _ in }.models
        let scorer = try Scorer(
            models,
            of: catalogue,
            for: summaries,
            horizonsDays: [30, 100],
            ValueTerms(grossMargin: 0.5),
            team
        )
        let customers = scorer.score(team) {
            $0.count
        } deliver: { _ in
        }
        let newcomers = try #require(scorer.newcomers(counts { _ in 3 }))
        let totals = scorer.totals(customers, with: newcomers)
        for days in [30, 100] {
            let before = try #require(
                customers.first { $0.horizonDays == days && $0.group == .all }
            )
            let new = try #require(totals.first { $0.horizonDays == days && $0.group == .newcomer })
            let all = try #require(totals.first { $0.horizonDays == days && $0.group == .all })
            #expect(new.purchases.expected > 3 * Double(days))
            #expect(
                abs(all.expectedPurchases - before.expectedPurchases - new.expectedPurchases) < 1e-6
            )
            let spend = try (#require(all.expectedSpend), #require(before.expectedSpend))
            #expect(try abs(spend.0 - spend.1 - #require(new.expectedSpend)) < 1e-6)
            #expect(
                try abs(#require(new.value).expected - 0.5 * #require(new.expectedSpend)) < 1e-6
            )
        }
        let asOf = Day(number: 20_000)
        let periods = scorer.newcomerPeriods(newcomers, after: asOf, ofDays: 30)
        #expect(periods.map { $0.start - asOf } == [1, 31, 61, 91])
        #expect(periods.map(\.days) == [30, 30, 30, 10])
        let sum = periods.reduce(0) { $0 + $1.purchases.expected }
        #expect(abs(sum - newcomers.within(days: 100).purchases) < 1e-9)
        #expect(scorer.totals(customers, with: nil) == customers)
    }

    @Test("few newcomers' spend has the range that arrivals, purchases and amounts give it")
    func spendRange() throws {
        let model = BetaGeometricModel(r: 0.8, alphaWeeks: 4, a: 0.8, b: 2.5)
        let spend = GammaGammaModel(p: 1.5, q: 4, v: 40)
        let arrivals = try #require(ArrivalForecast(counts { $0 % 10 == 0 ? 1 : 0 }, days: 120))
        let forecast = NewcomerForecast(
            arrivals,
            model,
            spend,
            firstSpend: spend.populationMean,
            laterSpend: spend.populationMean
        )
        let sums = forecast.within(days: 120)
        let range = forecast.money(sums.spend, sums)
        #expect(
            (range.high ?? 0) > 1.1 * (forecast.purchases(sums).high ?? 0) / sums.purchases
                * sums.spend
        )
        // Worlds as the forecast tells of, each with its own level.
        var random = RandomSource(seed: 17)
        let (worlds, perDay) = (4000, arrivals.perDay[0])
        var inside = 0
        for _ in 0..<worlds {
            let level = exp(arrivals.levelError * random.normal())
            var total = 0.0
            var day = random.exponential(rate: perDay * level)
            while day < 120 {
                let scale = random.gamma(shape: spend.q, rate: spend.v)
                let rate = random.gamma(shape: 0.8, rate: 28)
                let leaves = random.beta(0.8, 2.5)
                var time = day
                repeat {
                    total += random.gamma(shape: spend.p, rate: scale)
                    // A first purchase never ends it.
                    if time > day, random.uniform() < leaves { break }
                    time += random.exponential(rate: rate)
                } while time < 120
                day += random.exponential(rate: perDay * level)
            }
            if total >= range.low ?? 0, total <= range.high ?? 0 { inside += 1 }
        }
        let share = Double(inside) / Double(worlds)
        #expect(share > 0.86 && share < 0.94, "\(share)")
    }

    private func counts(days: Int = 730, _ new: (_ day: Int) -> Int) -> DailyCounts {
        DailyCounts(
            firstDay: Day(number: 19_000),
            newCustomers: (0..<days).map(new),
            repeatPurchases: Array(repeating: 0, count: days),
            firstSpend: 25 * Double((0..<days).map(new).reduce(0, +))
        )
    }
}
