import Domain
import Glibc
import Numerics

/// Purchases and returns of one world, in columns, ordered by customer and time.
struct World {
    /// From 2024-01-01 on, two years are history.
    static let firstDay = Day(number: 19_723)
    static let cut = Day(number: 20_453)
    /// The truth ends a year after the cut.
    static let lastDay = cut + 365

    private(set) var customer: [UInt32] = []
    private(set) var day: [Int32] = []
    /// Negative for a return.
    private(set) var cents: [Int32] = []
    /// The purchase that an event belongs to: itself, or the one that is returned.
    private(set) var purchase: [UInt32] = []
    private(set) var profiles: [Profile] = []

    var count: Int { day.count }

    /// What is known about a customer beside the purchases.
    struct Profile {
        var firstDay: Int32
        var channel: Int
        var country: Int
        var hasNewsletter: Bool
    }

    /// Draws a world of customers that all buy by the cut.
    ///
    /// BG/NBD in days with r .9, alpha 60, a .8, b 2.5, and gamma-gamma spend with p 6.25, q 3.74,
    /// v 46.32 (a mean of 105.65), in which a yearly season thins the purchases, and one order in
    /// thirty comes back, in whole or in half.
    init(customers: Int, random: inout RandomSource) {
        let season = Season()
        for number in 0..<customers {
            let rate = random.gamma(shape: 0.9, rate: 60)
            let dropout = random.beta(0.8, 2.5)
            let spendRate = random.gamma(shape: 3.74, rate: 46.32)
            var time = season.firstPurchase(&random)
            profiles.append(Profile(firstDay: World.firstDay.number + Int32(time), &random))
            // Drop-out follows a repeat purchase, never the first one.
            var canDropOut = false
            while true {
                addPurchase(UInt32(number), at: time, spendRate: spendRate, &random)
                if canDropOut && random.uniform() < dropout { break }
                canDropOut = true
                guard let next = season.next(after: time, rate: rate, &random) else { break }
                time = next
            }
        }
    }

    private mutating func addPurchase(
        _ number: UInt32,
        at time: Double,
        spendRate: Double,
        _ random: inout RandomSource
    ) {
        let spend = random.gamma(shape: 6.25, rate: spendRate)
        let price = Int32(max(1, min(9_999_900, (spend * 100).rounded())))
        let bought = World.firstDay.number + Int32(time)
        let index = UInt32(count)
        append(number, day: bought, cents: price, purchase: index)
        guard random.uniform() < 1 / 30 else { return }
        let returned = bought + 1 + Int32(random.exponential(rate: 1 / 9).rounded(.down))
        let isWhole = random.uniform() < 0.7
        append(number, day: returned, cents: isWhole ? -price : -(price / 2), purchase: index)
    }

    private mutating func append(_ number: UInt32, day: Int32, cents: Int32, purchase: UInt32) {
        guard cents != 0 else { return }
        customer.append(number)
        self.day.append(day)
        self.cents.append(cents)
        self.purchase.append(purchase)
    }
}

extension World.Profile {
    static let channels = ["search", "direct", "email", "social"]
    static let countries = ["DE", "AT", "CH", "NL"]

    init(firstDay: Int32, _ random: inout RandomSource) {
        self.firstDay = firstDay
        channel = Self.pick([0.45, 0.7, 0.85], random.uniform())
        country = Self.pick([0.6, 0.75, 0.9], random.uniform())
        hasNewsletter = random.uniform() < 0.35
    }

    private static func pick(_ bounds: [Double], _ draw: Double) -> Int {
        bounds.firstIndex { draw < $0 } ?? bounds.count
    }
}

/// A year in which people buy a third less in summer than before Christmas.
private struct Season {
    private static let days = Int(World.lastDay.number - World.firstDay.number) + 1
    private static let historyDays = Int(World.cut.number - World.firstDay.number) + 1
    /// By day since the first: how likely a purchase of the busiest time is made on this one.
    private let weight: [Double]

    init() {
        weight = (0..<Season.days).map { day in
            let (_, month, date) = (World.firstDay + day).civil
            let ofYear = Double(month * 30 + date)
            return 0.8 + 0.2 * cos(2 * .pi * (ofYear - 375) / 365)
        }
    }

    /// Days since the first day, within the history.
    func firstPurchase(_ random: inout RandomSource) -> Double {
        while true {
            let time = random.uniform() * Double(Season.historyDays)
            if random.uniform() < weight[Int(time)] { return time }
        }
    }

    /// The next purchase of somebody who buys at a mean rate a day; nil behind the last day.
    func next(after time: Double, rate: Double, _ random: inout RandomSource) -> Double? {
        var time = time
        while true {
            // 0.8 is the mean weight.
            time += random.exponential(rate: rate / 0.8)
            guard time < Double(Season.days) else { return nil }
            if random.uniform() < weight[Int(time)] { return time }
        }
    }
}
