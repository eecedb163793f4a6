/// What customers who have not come yet will do in one period: a row of `newcomer_predictions`.
package struct NewcomerPeriod: Hashable, Sendable {
    package var start: Day
    package var days: Int
    /// Who comes for the first time in the period.
    package var customers: Ranged
    /// Purchase days of all newcomers in the period, first ones included.
    package var purchases: Ranged
    /// Nil without a model of spend.
    package var spend: Ranged?

    package init(start: Day, days: Int, customers: Ranged, purchases: Ranged, spend: Ranged?) {
        self.start = start
        self.days = days
        self.customers = customers
        self.purchases = purchases
        self.spend = spend
    }
}

/// By the names of the columns of `newcomer_predictions`.
extension NewcomerPeriod: Encodable {
    private enum CodingKeys: String, CodingKey {
        case start = "period_start_on"
        case customers = "new_customers"
        case customersLow = "new_customers_low"
        case customersHigh = "new_customers_high"
        case purchases
        case purchasesLow = "purchases_low"
        case purchasesHigh = "purchases_high"
        case spend
        case spendLow = "spend_low"
        case spendHigh = "spend_high"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(start, forKey: .start)
        let quantities: [(Ranged?, CodingKeys, CodingKeys, CodingKeys)] = [
            (customers, .customers, .customersLow, .customersHigh),
            (purchases, .purchases, .purchasesLow, .purchasesHigh),
            (spend, .spend, .spendLow, .spendHigh),
        ]
        for (ranged, expected, low, high) in quantities {
            try container.encodeIfPresent(ranged?.expected, forKey: expected)
            try container.encodeIfPresent(ranged?.low, forKey: low)
            try container.encodeIfPresent(ranged?.high, forKey: high)
        }
    }
}
