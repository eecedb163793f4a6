/// What a forecast from an earlier date said of a total, and what then happened.
///
/// Of a sample of the customers of that date.
package struct PastTotal: Codable, Hashable, Sendable {
    /// The last day whose purchases the forecast knew.
    package var origin: Day
    package var horizonDays: Int
    package var customers: Int
    package var purchases: Comparison
    /// Nil without a model of spend.
    package var spend: Comparison?
    /// True when today's models know a season that nobody could have known then; else nil.
    package var lacksSeason: Bool?

    package struct Comparison: Codable, Hashable, Sendable {
        package var expected: Double
        package var actual: Double
        /// The relative variance that chance and too few customers to learn from explain.
        package var chance: Double

        package init(expected: Double, actual: Double, chance: Double) {
            (self.expected, self.actual, self.chance) = (expected, actual, chance)
        }

        /// What was forecast too much: 0.1 for a tenth; nil when nothing happened.
        package var bias: Double? { actual > 0 ? expected / actual - 1 : nil }
    }

    package init(
        origin: Day,
        horizonDays: Int,
        customers: Int,
        purchases: Comparison,
        spend: Comparison?
    ) {
        self.origin = origin
        self.horizonDays = horizonDays
        self.customers = customers
        self.purchases = purchases
        self.spend = spend
    }

    private enum CodingKeys: String, CodingKey {
        case customers, purchases, spend
        case origin = "origin_on"
        case horizonDays = "horizon_days"
        case lacksSeason = "lacks_season"
    }
}

/// Forecasts of totals from earlier dates, and what they say of today's.
package struct PastTotals: Codable, Hashable, Sendable {
    /// Latest first.
    package var totals: [PastTotal]
    /// By horizon in days.
    package var levelErrors: [Int: LevelError]
    /// Nil where the models were named, and nobody had to choose.
    package var oneTimers: ReturnComparison?

    package init(totals: [PastTotal] = [], levelErrors: [Int: LevelError] = [:]) {
        (self.totals, self.levelErrors) = (totals, levelErrors)
    }

    /// Those that say how far today's forecast over some days may be off: without the season only where
    /// there are none with it.
    package func counting(ofDays horizon: Int) -> [PastTotal] {
        let all = totals.filter { $0.horizonDays == horizon }
        let alike = all.filter { $0.lacksSeason != true }
        return alike.isEmpty ? all : alike
    }

    package func levelError(ofDays horizon: Int) -> LevelError {
        if let known = levelErrors[horizon] { return known }
        // All grow by one law.
        guard let (days, shortest) = levelErrors.min(by: { $0.key < $1.key }) else {
            return LevelError.usual.grown(toDays: horizon)
        }
        return shortest.grown(toDays: horizon, from: days)
    }

    private enum CodingKeys: String, CodingKey {
        case totals
        case levelErrors = "level_errors"
        case oneTimers = "one_timers"
    }
}
