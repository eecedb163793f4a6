import Domain
import Features
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import SurvivalModels
import Testing
import Training

@Suite("season", .timeLimit(.minutes(5)))
struct SeasonalTests {
    @Test("a season is found in two years with about its size, and the forecast follows it")
    func found() throws {
        let shop = SeasonalShop(customers: 3000, seed: 9, swing: 0.5, days: 730)
        let (finding, ledger, counts, plain) = try find(shop)
        let index = try #require(finding.index, "\(finding.reason)")
        #expect(finding.reason.hasPrefix("on: \(counts.days) days of history, "))
        #expect(index.parts == .months)
        for month in 0..<12 {
            let truth = 1 + 0.5 * cos(2 * .pi * (Double(month) + 0.5 - 11.2) / 12)
            #expect(
                abs(index.rates[month] - truth) < 0.25,
                "\(month): \(index.rates[month]), \(truth)"
            )
        }
        // The season's peak has just passed, so the next months are quiet ones.
        let team = ThreadTeam(threads: 2)
        let seasonal = Features.inSeason(plain, ledger, counts, index, team)
        let ahead = 240
        let truth = Double(shop.purchases(in: 730..<730 + ahead))
        let without = try total(plain, ahead)
        let with = try total(seasonal, ahead)
        #expect(without / truth > 1.15, "\(without / truth)")
        #expect(abs(with / truth - 1) < 0.1, "\(with / truth)")
    }

    @Test("a busy week is found as a week, where the years agree about it")
    func week() throws {
        // Every day thirty purchases, in the week from 26 November three times as many.
        let days = 3 * 365 + 1
        let first = Day(number: 18_993)
        let busy = (0..<days).map { SeasonParts.weeks.part(of: first + $0) == 47 }
        let counts = DailyCounts(
            firstDay: first,
            newCustomers: (0..<days).map { $0 == 0 ? 1000 : 0 },
            repeatPurchases: busy.map { $0 ? 90 : 30 },
            firstSpend: nil
        )
        let model = NegativeBinomialModel(r: 1, alphaWeeks: 5)
        let finding = SeasonFinder.find(in: counts, model)
        let index = try #require(finding.index, "\(finding.reason)")
        #expect(index.parts == .weeks)
        let peak = index.rates[47] / index.rates[10]
        #expect(peak > 2.5 && peak < 3.05, "\(peak)")
        #expect(
            finding.reason.hasSuffix(
                "week of 26 November +\(Int((100 * (index.rates[47] - 1)).rounded())) %"
            )
        )
    }

    @Test("none is found where there is none, or the history is too short, or nobody wants it")
    func none() throws {
        let flat = try find(SeasonalShop(customers: 2000, seed: 2, swing: 0, days: 730)).finding
        #expect(flat.index == nil && flat.reason.contains("no more than chance"))
        let short = try find(SeasonalShop(customers: 800, seed: 3, swing: 0.5, days: 700)).finding
        #expect(short == SeasonFinding(reason: "off: 700 days of history, it takes 720"))
        let unwanted = try find(SeasonalShop(customers: 200, seed: 4, swing: 0.5, days: 800), .none)
        #expect(unwanted.finding == SeasonFinding(reason: "off: as configured"))
    }

    @Test("a flat season changes nothing but rounding, and the likelihood is one of the data")
    func flat() throws {
        let shop = SeasonalShop(customers: 1500, seed: 6, swing: 0.4, days: 730)
        let (finding, ledger, counts, plain) = try find(shop)
        let team = ThreadTeam(threads: 2)
        let even = SeasonalIndex(Array(repeating: 1, count: 12))
        let same = Features.inSeason(plain, ledger, counts, even, team)
        #expect(same.recency == plain.recency && same.age == plain.age)
        #expect(same.calendarAge == plain.age && same.calendar?.totalLogRate == 0)
        #expect(abs(same.totalLogGap - plain.totalLogGap) < 1e-9 * abs(plain.totalLogGap))
        let names = ["mbg_cnbd_2", "cox"]
        let scores = try [plain, same].map { try batch($0, names, [30, 365]) }
        for field in [ForecastField.expectedPurchases, .returnProbability, .nextPurchaseOn] {
            for (one, other) in zip(scores[0][field], scores[1][field]) {
                #expect(one.isNaN == other.isNaN && (one.isNaN || abs(one - other) < 1e-5))
            }
        }
        let index = try #require(finding.index)
        let seasonal = Features.inSeason(plain, ledger, counts, index, team)
        let fits = try [plain, seasonal].map { try fit($0, ["bg_nbd"])[0].logLikelihood }
        #expect(fits[1] > fits[0] + 10, "\(fits)")
    }

    @Test("one-timers and dates are by the calendar, also when models run on the clock")
    func mixed() throws {
        let shop = SeasonalShop(customers: 1500, seed: 12, swing: 0.5, days: 730)
        let (finding, ledger, counts, plain) = try find(shop)
        let index = try #require(finding.index)
        let team = ThreadTeam(threads: 1)
        let seasonal = Features.inSeason(plain, ledger, counts, index, team)
        let cox = try [plain, seasonal].map { try fit($0, ["bg_nbd", "cox"])[1] }
        #expect(cox[0] == cox[1])
        let batch = try batch(seasonal, ["bg_nbd", "cox"], [120])
        for row in 0..<seasonal.count where batch[.returnProbability][row] >= 0.5 {
            let ahead = batch[.nextPurchaseOn][row] - Double(ledger.asOf.number)
            #expect(ahead >= 1 && ahead <= 120)
        }
        let without = try self.batch(plain, ["bg_nbd", "cox"], [120])
        #expect(batch[.rfmRecencyScore] == without[.rfmRecencyScore])
        for row in 0..<seasonal.count where seasonal.repeats[row] == 0 {
            #expect(batch[.returnProbability][row] == without[.returnProbability][row])
        }
    }

    private typealias Found = (
        finding: SeasonFinding, ledger: Ledger, counts: DailyCounts, plain: CustomerSummaries
    )

    private func find(_ shop: SeasonalShop, _ choice: SeasonChoice = .auto) throws -> Found {
        let ledger = shop.ledger
        let counts = Features.countDays(ledger)
        let plain = Features.summarise(
            ledger,
            withFirstPurchases: true,
            ThreadTeam(threads: 2)
        )
        let finding = try Training.findSeason(
            choice,
            [],
            of: families,
            in: counts,
            plain,
            .weak,
            control
        )
        return (finding, ledger, counts, plain)
    }

    private func fit(_ summaries: CustomerSummaries, _ names: [String]) throws -> [FittedModel] {
        try Training.fit(names, of: families, to: summaries, control) { _, _ in }.models
    }

    private func batch(
        _ summaries: CustomerSummaries,
        _ names: [String],
        _ horizons: [Int]
    ) throws -> ForecastBatch {
        try Scorer(
            fit(summaries, names),
            of: families,
            for: summaries,
            horizonsDays: horizons,
            ValueTerms(),
            ThreadTeam(threads: 2)
        ).batches(0)[horizons.count - 1]
    }

    private func total(_ summaries: CustomerSummaries, _ days: Int) throws -> Double {
        try batch(summaries, ["bg_nbd"], [days])[.expectedPurchases].reduce(0, +)
    }

    private let control = WorkControl(
        team: ThreadTeam(threads: 2),
        isCancelled: { false },
        clock: { 0 }
    )
    private let families = ModelCatalogue(
        purchases: [BetaGeometricFamily(), RegularTimingFamily(regularity: 2)],
        returns: [CoxFamily()],
        spend: []
    )
}

/// Customers who buy at their own pace in a time that runs faster in December.
private struct SeasonalShop {
    /// By customer: the purchase days, counted from the first day of the shop, 2022-01-01.
    private let purchases: [[Int]]
    private let days: Int
    private static let first = Day(number: 18_993)

    init(customers: Int, seed: UInt64, swing: Double, days: Int) {
        var random = RandomSource(seed: seed)
        self.days = days
        purchases = (0..<customers).map { customer in
            let rate = random.gamma(shape: 1, rate: 50)
            let leaves = random.beta(0.8, 3)
            // Some customer is there from the first day.
            var day = customer == 0 ? 0 : random.uniform() * Double(days - 20)
            var bought = [Int(day)]
            while true {
                repeat {
                    day += random.exponential(rate: rate * (1 + swing))
                } while day < Double(days + 365)
                    && random.uniform() * (1 + swing)
                        > 1 + swing * cos(2 * .pi * (day / 365 - 11.2 / 12))
                guard day < Double(days + 365) else { break }
                if Int(day) > bought[bought.count - 1] { bought.append(Int(day)) }
                if random.uniform() < leaves { break }
            }
            return bought
        }
    }

    var ledger: Ledger {
        var pool = StringPool()
        var (offsets, day): ([UInt32], [Int32]) = ([0], [])
        for (customer, bought) in purchases.enumerated() {
            _ = pool.append("c\(padded(customer, 6))")
            day += bought.filter { $0 < days }.map { SeasonalShop.first.number + Int32($0) }
            offsets.append(UInt32(day.count))
        }
        return Ledger(
            customers: pool,
            offsets: offsets,
            day: day,
            amount: nil,
            asOf: SeasonalShop.first + (days - 1)
        )
    }

    func purchases(in range: Range<Int>) -> Int {
        purchases.reduce(0) { $0 + $1.count { range.contains($0) } }
    }
}
