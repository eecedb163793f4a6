import Domain
import Glibc
import Modeling
import Numerics
import Testing

@Suite("arrivals")
struct ArrivalTests {
    @Test("a steady stream goes on, and the first part of the history does not count")
    func steady() throws {
        // Two years of ten a day, of which the first half year counts everybody as new.
        let forecast = try #require(ArrivalForecast(counts { $0 < 182 ? 100 : 10 }, days: 90))
        #expect(forecast.perDay == Array(repeating: 10, count: 90))
        #expect(forecast.historyDays == 548 && forecast.dispersion == 1)
        #expect(forecast.levelError(ofDays: 90) < 0.1)
        // A quarter of a short history.
        let short = try #require(
            ArrivalForecast(counts(days: 80) { $0 < 20 ? 100 : 10 }, days: 9)
        )
        #expect(short.historyDays == 60 && short.perDay[0] == 10)
        #expect(ArrivalForecast(counts(days: 17) { _ in 10 }, days: 9) == nil)
        #expect(ArrivalForecast(counts(days: 100) { _ in 0 }, days: 9) == nil)
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

    @Test("the level error never falls with the horizon, and is no tenth where no date was tried")
    func untried() throws {
        let short = try #require(ArrivalForecast(counts(days: 40) { _ in 10 }, days: 9))
        #expect(
            short.sentence([30, 7]) == "as many a day as in the last 30 days; "
                + "taken to be off by 15 % in 7 days, 27 % in 30 days beyond chance"
        )
        #expect(short.levelError(ofDays: 30) > 0.2 && short.levelError(ofDays: 365) > 0.4)
        var random = RandomSource(seed: 41)
        for _ in 0..<20 {
            let rate = 1 / (0.2 + 10 * random.uniform())
            let new = (0..<600).map { _ in Int(random.exponential(rate: rate)) }
            let forecast = try #require(ArrivalForecast(counts(days: 600) { new[$0] }, days: 9))
            let errors = [1, 7, 30, 90, 91, 92, 180, 365, 730].map(forecast.levelError)
            #expect(errors == errors.sorted() && (errors.last ?? 1) <= 0.6, "\(errors)")
        }
    }

    @Test("days on which the shop was closed are no infinite error")
    func closure() throws {
        let open = try #require(ArrivalForecast(counts { 3 + $0 % 2 }, days: 7))
        let closed = try #require(
            ArrivalForecast(counts { (690..<699).contains($0) ? 0 : 3 + $0 % 2 }, days: 7)
        )
        #expect(open.levelError(ofDays: 7) < 0.15)
        #expect(closed.levelError(ofDays: 7) > open.levelError(ofDays: 7))
        #expect(closed.deviation(ofDays: 7) < 0.4)
        // Nor is a closure that goes on the end of the shop.
        let now = try #require(ArrivalForecast(counts { $0 > 715 ? 0 : 4 }, days: 30))
        #expect(now.silentDays == nil && now.perDay[0] > 1)
    }

    @Test("where nobody has come for long, hardly anybody is expected")
    func silence() throws {
        // A cohort of a quarter, and then nobody.
        let cohort = try #require(
            ArrivalForecast(counts(days: 166) { $0 < 84 ? 250 : 0 }, days: 30)
        )
        #expect(cohort.silentDays == 82 && cohort.rule == "hardly any: nobody new for 82 days")
        #expect(cohort.sentence([30]) == cohort.rule)
        #expect(cohort.perDay.reduce(0, +) < 0.5)
        // Even when the whole history that counts is silent.
        let late = try #require(ArrivalForecast(counts(days: 600) { $0 < 84 ? 250 : 0 }, days: 30))
        #expect(late.silentDays == 516)
        // Where newcomers are rare, as many days say nothing.
        let rare = try #require(ArrivalForecast(counts { $0 % 40 == 0 ? 1 : 0 }, days: 30))
        #expect(rare.silentDays == nil)
    }

    private func counts(days: Int = 730, _ new: (_ day: Int) -> Int) -> DailyCounts {
        DailyCounts(
            firstDay: Day(number: 19_000),
            newCustomers: (0..<days).map(new),
            repeatPurchases: Array(repeating: 0, count: days),
            firstSpend: nil
        )
    }
}
