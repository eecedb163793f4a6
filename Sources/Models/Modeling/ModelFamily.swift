package import Domain
package import Parallel

/// A family of models of when customers buy.
///
/// Adding one is a folder with a value of this protocol, and a line in the catalogue.
package protocol PurchaseFamily: Sendable {
    var name: String { get }
    func fit(
        _ patterns: PurchasePatterns,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel
    /// The fitted model, ready to forecast.
    func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel
}

/// A family of models of how much customers spend on a purchase day.
package protocol SpendFamily: Sendable {
    var name: String { get }
    func fit(
        _ summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel
    func load(_ fitted: FittedModel) throws(ModelProblem) -> any SpendModel
}

/// A fitted model of when customers buy.
package protocol PurchaseModel: Sendable {
    /// Prepares what customers share for one horizon.
    func forecaster(
        for grid: FrequencyAgeGrid,
        over horizon: Horizon,
        _ team: ThreadTeam
    ) -> any PurchaseForecaster
}

/// Forecasts customers of one base over one horizon, a range at a time.
package protocol PurchaseForecaster: Sendable {
    func forecast(_ customers: Range<Int>, of summaries: CustomerSummaries) -> PurchaseForecast
}

/// A fitted model of spend.
package protocol SpendModel: Sendable {
    /// The expected total of a purchase day, for each customer.
    func averageSpend(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
}

/// How far ahead, and what later money is worth.
package struct Horizon: Hashable, Sendable {
    package let days: Int
    /// 0.15: money a year from now is worth 1 / 1.15 of today's.
    package let annualDiscountRate: Double

    package init(days: Int, annualDiscountRate: Double = 0) {
        self.days = days
        self.annualDiscountRate = annualDiscountRate
    }
}

/// What a purchase model says of some customers, in columns.
package struct PurchaseForecast: Sendable {
    /// The probability that the customer has not left yet.
    package var pAlive: [Double]
    /// The probability of a purchase within the horizon.
    package var returnProbability: [Double]
    /// The expected number of purchase days within the horizon.
    package var expectedPurchases: [Double]
    /// The same, each day weighted by what money on it is worth today.
    package var discountedPurchases: [Double]

    package init(capacity: Int) {
        pAlive = []
        returnProbability = []
        expectedPurchases = []
        discountedPurchases = []
        pAlive.reserveCapacity(capacity)
        returnProbability.reserveCapacity(capacity)
        expectedPurchases.reserveCapacity(capacity)
        discountedPurchases.reserveCapacity(capacity)
    }
}

/// The families that a program knows, by name.
package struct ModelCatalogue: Sendable {
    package let purchases: [any PurchaseFamily]
    package let spend: [any SpendFamily]

    package init(purchases: [any PurchaseFamily], spend: [any SpendFamily]) {
        self.purchases = purchases
        self.spend = spend
    }

    package var names: [String] { purchases.map(\.name) + spend.map(\.name) }

    package func unknown(_ name: String) -> ModelProblem {
        ModelProblem(
            code: "unknown_model",
            message: "model \"\(name)\" is not known",
            fix: "the models are " + names.map { "\"\($0)\"" }.joined(separator: ", "),
            failureClass: .configuration
        )
    }
}
