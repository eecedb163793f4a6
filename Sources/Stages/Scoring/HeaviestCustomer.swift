package import Domain

/// The customer of whom most spend is expected over the longest horizon.
package struct HeaviestCustomer: Hashable, Sendable {
    /// The place among the customers.
    package var customer: Int
    package var horizonDays: Int
    /// Of the spend that is expected of all customers who are known.
    package var share: Double

    package init(customer: Int, horizonDays: Int, share: Double) {
        (self.customer, self.horizonDays, self.share) = (customer, horizonDays, share)
    }
}

/// What the delivered rows add up to.
package struct ScoredTotals: Sendable {
    /// By horizon for repeaters, one-timers and all.
    package var totals: [ForecastTotal]
    /// Nil when no spend is expected.
    package var heaviest: HeaviestCustomer?
}
