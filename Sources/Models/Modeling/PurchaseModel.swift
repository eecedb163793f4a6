package import Domain

/// A fitted model of when customers buy.
///
/// In every one of them all that is known of a customer's future is whether, and in which phase
/// between two purchases, the customer is active, and, given that, x and T. So what active customers
/// will do is worked out once for the few (x, T) of a base, and only the activity for everybody.
package protocol PurchaseModel: Sendable {
    /// The phases that an active customer can be in; 1 unless purchases come at regular distances.
    var phases: Int { get }
    /// The days of age over which what active customers do changes; above zero.
    var ageScale: Double { get }
    /// The probabilities of being active in each phase, customer by customer.
    func activity(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    /// What active customers with `repeats` will do.
    func outlook(repeats: Int32) -> any ActiveOutlook
}

/// What active customers of one x will do within some days after the age of T.
package protocol ActiveOutlook: Sendable {
    /// The probability of a purchase.
    func returnProbability(phase: Int, age: Int32, days: Double) -> Double
    /// The probability of a purchase before leaving, however late.
    func everReturns(phase: Int, age: Int32) -> Double
    /// The expected number of purchase days.
    func expectedPurchases(phase: Int, age: Int32, days: Double) -> Double
    /// The predictive distribution of their number.
    func counts(phase: Int, age: Int32, days: Double) -> CountDistribution
}

extension ActiveOutlook {
    /// Certain where customers leave after purchases alone, or never.
    package func everReturns(phase: Int, age: Int32) -> Double { 1 }
}

/// What is known of one customer.
package struct PurchaseHistory: Hashable, Sendable {
    /// x, t_x and T, times in days.
    package var repeats: Int32
    package var recency: Int32
    package var age: Int32

    package init(repeats: Int32, recency: Int32, age: Int32) {
        (self.repeats, self.recency, self.age) = (repeats, recency, age)
    }

    /// A brand-new customer, on the day of the first purchase.
    package static let new = PurchaseHistory(repeats: 0, recency: 0, age: 0)
}

/// The same for one customer at a time; the batches are for many.
extension PurchaseModel {
    /// The probabilities of being active in each phase.
    package func activity(of customer: PurchaseHistory) -> [Double] {
        let alone = CustomerSummaries(
            repeats: [customer.repeats],
            recency: [customer.recency],
            age: [customer.age],
            meanSpend: [.nan],
            historicSpend: []
        )
        return activity(0..<1, of: alone)
    }

    /// The probability that the customer has not left yet.
    package func pAlive(_ customer: PurchaseHistory) -> Double {
        min(1, activity(of: customer).reduce(0, +))
    }

    /// The probability of a purchase within `days`.
    package func returnProbability(_ customer: PurchaseHistory, within days: Double) -> Double {
        mean(customer) { $0.returnProbability(phase: $1, age: customer.age, days: days) }
    }

    /// The expected number of purchase days within `days`.
    package func expectedPurchases(_ customer: PurchaseHistory, within days: Double) -> Double {
        mean(customer) { $0.expectedPurchases(phase: $1, age: customer.age, days: days) }
    }

    /// The expected purchase days within a horizon, each worth what money on it is worth today.
    package func discountedPurchases(_ customer: PurchaseHistory, over horizon: Horizon) -> Double {
        let end = expectedPurchases(customer, within: Double(horizon.days))
        return Discounting(horizon).presentValue(atEnd: end) {
            expectedPurchases(customer, within: $0)
        }
    }

    /// The predictive distribution of the number of purchase days within `days`.
    package func counts(_ customer: PurchaseHistory, within days: Double) -> CountDistribution {
        let outlook = outlook(repeats: customer.repeats)
        return CountDistribution(
            mixing: activity(of: customer).enumerated().map { phase, weight in
                (weight, outlook.counts(phase: phase, age: customer.age, days: days))
            }
        )
    }

    private func mean(
        _ customer: PurchaseHistory,
        _ value: (any ActiveOutlook, _ phase: Int) -> Double
    ) -> Double {
        let outlook = outlook(repeats: customer.repeats)
        return activity(of: customer).enumerated().reduce(0) {
            $0 + $1.element * value(outlook, $1.offset)
        }
    }
}
