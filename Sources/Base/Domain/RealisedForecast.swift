/// What a publication said of one customer and horizon, as it was read back.
package struct PublishedForecast: Sendable {
    package var isRepeater: Bool
    /// Of at least one purchase within the horizon.
    package var returnProbability: Double?
    package var purchases: Ranged?
    package var spend: Ranged?

    package init(
        isRepeater: Bool,
        returnProbability: Double?,
        purchases: Ranged?,
        spend: Ranged?
    ) {
        self.isRepeater = isRepeater
        self.returnProbability = returnProbability
        self.purchases = purchases
        self.spend = spend
    }
}

/// How an earlier forecast of one group and horizon did, when the horizon had passed.
package struct RealisedForecast: Hashable, Sendable {
    /// What was forecast against what came.
    package struct Quantity: Hashable, Sendable {
        /// The group's total as it was published.
        package var predicted: Ranged
        package var actual: Double
        /// The mean of |actual - expected| over the customers.
        package var meanAbsoluteError: Double?
        /// The share of the customers whose outcome lies in the central 90 % of its forecast.
        package var coverage: Double?
        /// Of the ranking by the forecast, over that of the ranking by the outcome: 1 is perfect,
        /// 0 is chance.
        package var gini: Double?

        package init(predicted: Ranged, actual: Double) {
            self.predicted = predicted
            self.actual = actual
        }
    }

    package var group: TotalGroup
    /// Customers with a forecast that the source still has; of `newcomer`, those who came.
    package var customers: Int
    /// Customers with a forecast that the source has no more; they count as buying nothing.
    package var missingCustomers: Int
    package var purchases: Quantity
    /// Nil without amounts.
    package var spend: Quantity?

    package init(
        group: TotalGroup,
        customers: Int,
        missingCustomers: Int = 0,
        purchases: Quantity,
        spend: Quantity? = nil
    ) {
        self.group = group
        self.customers = customers
        self.missingCustomers = missingCustomers
        self.purchases = purchases
        self.spend = spend
    }
}
