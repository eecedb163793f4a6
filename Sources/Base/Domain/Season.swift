/// Whether busy and quiet times of the year count: the setting `season` of a job.
package enum SeasonChoice: String, Codable, CaseIterable, Sendable {
    /// When the history has at least two years and shows them.
    case auto
    case none
}

/// The parts of a year that a season tells apart.
package enum SeasonParts: Int, CaseIterable, Sendable {
    case months = 12
    /// Of seven days from the first of January; the last one takes what is left.
    case weeks = 52

    /// Which part a day is in, from 0.
    package func part(of day: Day) -> Int {
        let (year, month, _) = day.civil
        guard self == .weeks else { return month - 1 }
        let newYear = Day(year: year, month: 1, day: 1) ?? day
        return min((day - newYear) / 7, rawValue - 1)
    }
}

/// How busy each time of the year is; the mean over a year is 1.
package struct SeasonalIndex: Codable, Hashable, Sendable {
    /// Of twelve months in their middle, between them on straight lines; or of 52 whole weeks.
    package private(set) var rates: [Double]

    /// `rates` are above zero, in any unit, one for each of twelve months or 52 weeks.
    package init(_ rates: [Double]) {
        precondition(SeasonalIndex.isPossible(rates))
        self.rates = rates
        // Of a year without a leap day.
        let first = Day(year: 2001, month: 1, day: 1) ?? Day(number: 0)
        let mean = (0..<365).reduce(0) { $0 + rate(on: first + $1) } / 365
        self.rates = rates.map { $0 / mean }
    }

    private static func isPossible(_ rates: [Double]) -> Bool {
        SeasonParts(rawValue: rates.count) != nil && rates.allSatisfy { $0 > 0 && $0.isFinite }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let rates = try container.decode([Double].self)
        guard SeasonalIndex.isPossible(rates) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a season has 12 or 52 numbers above zero"
            )
        }
        self.init(rates)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rates)
    }

    package var parts: SeasonParts { SeasonParts(rawValue: rates.count) ?? .months }

    /// How busy a day is.
    package func rate(on day: Day) -> Double {
        guard parts == .months else { return rates[parts.part(of: day)] }
        let (year, month, number) = day.civil
        let length = Double(Day.length(ofMonth: month, year: year))
        let place = Double(month - 1) + (Double(number) - 0.5) / length - 0.5
        let before = Int((place + 12).rounded(.down))
        let share = place + 12 - Double(before)
        return (1 - share) * rates[before % 12] + share * rates[(before + 1) % 12]
    }
}

/// A clock that runs faster in busy times: models whose days are all alike run on it.
package struct SeasonalClock: Sendable {
    package let asOf: Day
    private let first: Int32
    /// By day from the first: how much time has passed since then.
    private let passed: [Double]
    /// How far after the as-of date it can be asked.
    private static let daysAhead = 40_000

    package init(_ index: SeasonalIndex, from first: Day, asOf: Day) {
        self.asOf = asOf
        self.first = first.number
        var sum = 0.0
        passed = (0...(asOf - first) + SeasonalClock.daysAhead).map { day in
            if day > 0 { sum += index.rate(on: first + day) }
            return sum
        }
    }

    /// The time from one day to a later one, by the numbers of the days.
    package func time(from day: Int32, to later: Int32) -> Double {
        passed[Int(later - first)] - passed[Int(day - first)]
    }

    /// The time of the next days.
    package func ahead(_ days: Int) -> Double {
        time(from: asOf.number, to: asOf.number + Int32(days))
    }
}
