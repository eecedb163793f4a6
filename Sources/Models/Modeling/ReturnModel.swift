package import Domain

/// A family of models of whether and when one-timers buy again.
///
/// It learns from the time to everybody's second purchase day. Adding one is a folder with a value of
/// this protocol, and a line in the catalogue.
package protocol ReturnFamily: Sendable {
    var name: String { get }
    /// `summaries` have their first purchases.
    func fit(
        _ summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel
    func load(_ fitted: FittedModel) throws(ModelProblem) -> any ReturnModel
}

/// A fitted model of the second purchase, with hazards in proportion to each other.
///
/// Who has waited T days and has the logarithm of risk b comes back within u more with probability
/// 1 - exp(-e^b (H(T + u) - H(T))).
package protocol ReturnModel: Sendable {
    /// H: after whole days since the first purchase; those may be infinite.
    func cumulativeHazard(_ days: Double) -> Double
    /// The logarithm of each customer's risk.
    func logRisks(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double]
}
