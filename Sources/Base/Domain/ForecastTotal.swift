/// Whom a total adds up: `customers` are the repeaters and one-timers, `all` has newcomers too.
package enum TotalGroup: String, Codable, Sendable {
    case repeater, newcomer, customers, all
    case oneTimer = "one_timer"
}

/// An expected value with the 5 % and 95 % quantiles of its outcome.
package struct Ranged: Hashable, Sendable {
    package var expected: Double
    package var low: Double?
    package var high: Double?

    package init(_ expected: Double, low: Double? = nil, high: Double? = nil) {
        self.expected = expected
        self.low = low
        self.high = high
    }
}

/// What a forecast adds up to, per horizon and group of customers.
package struct ForecastTotal: Hashable, Sendable {
    package var horizonDays: Int
    package var group: TotalGroup
    package var purchases: Ranged
    /// Nil when the source has no amounts.
    package var spend: Ranged?
    /// With margin and discount.
    package var value: Ranged?

    package init(
        horizonDays: Int,
        group: TotalGroup = .all,
        purchases: Ranged,
        spend: Ranged? = nil,
        value: Ranged? = nil
    ) {
        self.horizonDays = horizonDays
        self.group = group
        self.purchases = purchases
        self.spend = spend
        self.value = value
    }

    package var expectedPurchases: Double { purchases.expected }
    package var expectedSpend: Double? { spend?.expected }
}

/// By the names of the columns of `total_predictions`.
extension ForecastTotal: Codable {
    private enum CodingKeys: String, CodingKey {
        case horizonDays = "horizon_days"
        case group = "customer_group"
        case expectedPurchases = "expected_purchases"
        case expectedPurchasesLow = "expected_purchases_low"
        case expectedPurchasesHigh = "expected_purchases_high"
        case expectedSpend = "expected_spend"
        case expectedSpendLow = "expected_spend_low"
        case expectedSpendHigh = "expected_spend_high"
        case expectedValue = "expected_value"
        case expectedValueLow = "expected_value_low"
        case expectedValueHigh = "expected_value_high"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Double? {
            try container.decodeIfPresent(Double.self, forKey: key)
        }
        func ranged(
            _ expected: CodingKeys,
            _ low: CodingKeys,
            _ high: CodingKeys
        ) throws -> Ranged? {
            let (low, high) = (try number(low), try number(high))
            return try number(expected).map { Ranged($0, low: low, high: high) }
        }
        horizonDays = try container.decode(Int.self, forKey: .horizonDays)
        group = try container.decodeIfPresent(TotalGroup.self, forKey: .group) ?? .all
        purchases =
            try ranged(.expectedPurchases, .expectedPurchasesLow, .expectedPurchasesHigh)
            ?? Ranged(try container.decode(Double.self, forKey: .expectedPurchases))
        spend = try ranged(.expectedSpend, .expectedSpendLow, .expectedSpendHigh)
        value = try ranged(.expectedValue, .expectedValueLow, .expectedValueHigh)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(horizonDays, forKey: .horizonDays)
        try container.encode(group, forKey: .group)
        let quantities: [(Ranged?, CodingKeys, CodingKeys, CodingKeys)] = [
            (purchases, .expectedPurchases, .expectedPurchasesLow, .expectedPurchasesHigh),
            (spend, .expectedSpend, .expectedSpendLow, .expectedSpendHigh),
            (value, .expectedValue, .expectedValueLow, .expectedValueHigh),
        ]
        for (ranged, expected, low, high) in quantities {
            try container.encodeIfPresent(ranged?.expected, forKey: expected)
            try container.encodeIfPresent(ranged?.low, forKey: low)
            try container.encodeIfPresent(ranged?.high, forKey: high)
        }
    }
}
