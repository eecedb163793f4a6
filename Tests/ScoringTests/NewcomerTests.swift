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
        let range = forecast.outlook(0, 120).purchases
        #expect((range.low ?? 0) < range.expected && range.expected < (range.high ?? 0))
        #expect((range.high ?? 0) > range.expected * 1.17)
        #expect(forecast.outlook(0, 120).purchases.expected == forecast.within(days: 120).purchases)
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
        }.totals
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
            let lows = try (#require(before.purchases.low), #require(new.purchases.low))
            #expect(try #require(all.purchases.low) >= lows.0 + lows.1)
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
        let outlook = forecast.outlook(0, 120)
        let (range, purchases) = (outlook.spend, outlook.purchases)
        #expect(
            (range.high ?? 0) / range.expected > 1.1 * (purchases.high ?? 0) / purchases.expected
        )
        // Worlds as the forecast tells of, each with its own level.
        var random = RandomSource(seed: 17)
        let (worlds, perDay) = (4000, arrivals.perDay[0])
        var inside = 0
        for _ in 0..<worlds {
            let level = exp(arrivals.deviation(ofDays: 120) * random.normal())
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

    @Test("what is said of a month is the same whatever other horizons are asked for")
    func independence() throws {
        var random = RandomSource(seed: 23)
        let new = (0..<500).map { _ in Int(random.exponential(rate: 0.3)) }
        let model = BetaGeometricModel(r: 0.8, alphaWeeks: 4, a: 0.8, b: 2.5)
        let spend = GammaGammaModel(p: 1.5, q: 4, v: 40)
        let outlooks = try [30, 90, 365].map { days in
            let arrivals = try #require(ArrivalForecast(counts(days: 500) { new[$0] }, days: days))
            return NewcomerForecast(arrivals, model, spend, firstSpend: 20, laterSpend: 30)
        }
        #expect(outlooks[0].outlook(0, 30) == outlooks[2].outlook(0, 30))
        #expect(outlooks[1].outlook(60, 90) == outlooks[2].outlook(60, 90))
        let month = outlooks[2].outlook(0, 30)
        let whole = outlooks[2].outlook(0, 365)
        #expect(month.customers.expected < whole.customers.expected)
        #expect(month.customers.low ?? 0 < whole.customers.low ?? 0)
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
