package import Domain

/// A family of models of when customers buy.
///
/// Adding one is a folder with a value of this protocol, and a line in the catalogue.
package protocol PurchaseFamily: Sendable {
    var name: String { get }
    func fit(
        _ patterns: PurchasePatterns,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel
    /// The fitted model, ready to forecast.
    func load(_ fitted: FittedModel) throws(ModelProblem) -> any PurchaseModel
}

/// A family of models of how much customers spend on a purchase day.
package protocol SpendFamily: Sendable {
    var name: String { get }
    /// Whether it knows that heavy buyers may spend more, or less, each time.
    var followsFrequency: Bool { get }
    func fit(
        _ summaries: CustomerSummaries,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel
    func load(_ fitted: FittedModel) throws(ModelProblem) -> any SpendModel
}

extension SpendFamily {
    package var followsFrequency: Bool { false }
}

/// A fitted model of spend.
package protocol SpendModel: Sendable {
    /// The expected total of a purchase day, for each customer.
    func averageSpend(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    /// For each customer the unit of `total`, above zero.
    func scale(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
    /// What `purchases` of a customer with `repeats` cost in all, in units of the customer's scale.
    func total(purchases: Double, repeats: Int32) -> LogSpend
    /// The same of a customer of whom nothing is known, in some unit.
    func newcomerTotal(purchases: Double) -> LogSpend
}

extension SpendModel {
    /// For models that learn nothing from a first purchase.
    package func newcomerTotal(purchases: Double) -> LogSpend {
        total(purchases: purchases, repeats: 0)
    }
}

/// The families that a program knows, by name.
package struct ModelCatalogue: Sendable {
    package let purchases: [any PurchaseFamily]
    package let returns: [any ReturnFamily]
    package let spend: [any SpendFamily]

    package init(
        purchases: [any PurchaseFamily],
        returns: [any ReturnFamily] = [],
        spend: [any SpendFamily]
    ) {
        self.purchases = purchases
        self.returns = returns
        self.spend = spend
    }

    package var names: [String] {
        purchases.map(\.name) + returns.map(\.name) + spend.map(\.name)
    }

    /// The models that forecast: of several of a kind the first.
    package func forecasting(_ models: [FittedModel]) -> [FittedModel] {
        [purchases.map(\.name), returns.map(\.name), spend.map(\.name)].compactMap { kind in
            models.first { kind.contains($0.name) }
        }
    }

    /// Their names, as every row of a forecast shows them.
    package func label(of models: [FittedModel]) -> String {
        forecasting(models).map(\.name).joined(separator: "+")
    }

    /// Whether one of `names` learns from first purchases.
    package func needsFirstPurchases(_ names: [String]) -> Bool {
        returns.contains { names.contains($0.name) }
    }

    package func unknown(_ name: String) -> ModelProblem {
        ModelProblem(
            code: "unknown_model",
            message: "model \"\(name)\" is not known",
            fix: "the models are " + names.map { "\"\($0)\"" }.joined(separator: ", "),
            failureClass: .configuration
        )
    }
}
