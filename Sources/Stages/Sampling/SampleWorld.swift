import Domain
import Glibc
import Numerics

/// A made-up shop whose truth is known: customers who buy at their own pace until they leave.
///
/// Gaps are BG/NBD (Fader, Hardie & Lee 2005) in a time that runs faster before the yearly peak,
/// amounts are gamma-gamma. Every customer has random numbers of its own, so that more customers
/// leave the first ones as they were.
struct SampleWorld {
    static let historyDays = 730
    static let futureDays = 365
    /// Rates are gamma (per day), chances to leave beta, spend scales gamma.
    private static let pace = (shape: 0.9, rate: 60.0)
    private static let leaving = (a: 0.8, b: 2.5)
    private static let spend = (shape: 6.25, levelShape: 3.74, levelRate: 46.32)
    private static let returnChance = 0.03
    private static let returnDaysMax = 14
    private static let seasonSwing = 0.2
    private static let seasonPeakDay = 340.0

    /// A purchase, or a return where the amount is negative; the day counts from the first one.
    struct Row {
        var customer: Int
        var day: Int
        /// In cents.
        var amount: Int
        /// A return carries the order that it takes back: its purchase's number among the customer's.
        var order: Int
    }

    private let seed: UInt64
    /// The number of the history's first day within its year, for the season.
    private let firstDayOfYear: Int

    init(seed: UInt64, firstDay: Day) {
        self.seed = seed
        let year = firstDay.civil.year
        firstDayOfYear = firstDay - (Day(year: year, month: 1, day: 1) ?? firstDay)
    }

    /// Everything that one customer buys and returns, history and future.
    func rows(of customer: Int) -> [Row] {
        var random = RandomSource(seed: seed &+ UInt64(customer) &* 0xD134_2543_DE82_EF95)
        let pace = random.gamma(shape: SampleWorld.pace.shape, rate: SampleWorld.pace.rate)
        let leaves = random.beta(SampleWorld.leaving.a, SampleWorld.leaving.b)
        let level = random.gamma(
            shape: SampleWorld.spend.levelShape,
            rate: SampleWorld.spend.levelRate
        )
        var day = random.uniform() * Double(SampleWorld.historyDays)
        var rows: [Row] = []
        var order = 0
        repeat {
            append(customer, Int(day), order, level, to: &rows, &random)
            if order > 0 && random.uniform() < leaves { break }
            order += 1
            day = next(after: day, pace: pace, &random)
        } while Int(day) < SampleWorld.historyDays + SampleWorld.futureDays
        return rows
    }

    private func append(
        _ customer: Int,
        _ day: Int,
        _ order: Int,
        _ level: Double,
        to rows: inout [Row],
        _ random: inout RandomSource
    ) {
        let amount = random.gamma(shape: SampleWorld.spend.shape, rate: level)
        let cents = max(1, Int(min(amount, 99_999) * 100))
        rows.append(Row(customer: customer, day: day, amount: cents, order: order))
        guard random.uniform() < SampleWorld.returnChance else { return }
        let back = day + Int.random(in: 1...SampleWorld.returnDaysMax, using: &random)
        let part = random.uniform() < 0.5 ? cents : max(1, cents / 2)
        rows.append(Row(customer: customer, day: back, amount: -part, order: order))
    }

    /// The next purchase of a process whose rate follows the season, by thinning (Lewis & Shedler).
    private func next(
        after day: Double,
        pace: Double,
        _ random: inout RandomSource
    ) -> Double {
        let highest = 1 + SampleWorld.seasonSwing
        let end = Double(SampleWorld.historyDays + SampleWorld.futureDays)
        var day = day
        repeat {
            day += random.exponential(rate: pace * highest)
        } while day < end && random.uniform() * highest > season(day)
        return day
    }

    private func season(_ day: Double) -> Double {
        let phase = (day + Double(firstDayOfYear) - SampleWorld.seasonPeakDay) / 365.25
        return 1 + SampleWorld.seasonSwing * cos(2 * .pi * phase)
    }
}
