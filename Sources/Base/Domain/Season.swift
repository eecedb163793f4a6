/// Whether busy and quiet times of the year count: the setting `season` of a job.
package enum SeasonChoice: String, Codable, CaseIterable, Sendable {
    /// When the history has at least two years and shows them.
    case auto
    case none
}

/// How busy each time of the year is; the mean over a year is 1.
package struct SeasonalIndex: Codable, Hashable, Sendable {
    /// In the middle of each month from January; between them on straight lines.
    package private(set) var months: [Double]

    /// `months` are above zero, in any unit.
    package init(months: [Double]) {
        precondition(months.count == 12 && months.allSatisfy { $0 > 0 && $0.isFinite })
        self.months = months
        // Of a year without a leap day.
        let first = Day(year: 2001, month: 1, day: 1) ?? Day(number: 0)
        let mean = (0..<365).reduce(0) { $0 + rate(on: first + $1) } / 365
        self.months = months.map { $0 / mean }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let months = try container.decode([Double].self)
        guard months.count == 12, months.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a season has twelve numbers above zero"
            )
        }
        self.init(months: months)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(months)
    }

    /// How busy a day is.
    package func rate(on day: Day) -> Double {
        let (year, month, number) = day.civil
        let length = Double(Day.length(ofMonth: month, year: year))
        let place = Double(month - 1) + (Double(number) - 0.5) / length - 0.5
        let before = Int((place + 12).rounded(.down))
        let share = place + 12 - Double(before)
        return (1 - share) * months[before % 12] + share * months[(before + 1) % 12]
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
