import Domain
import Glibc
import Modeling

/// A fitted Cox regression of the second purchase.
struct CoxReturnModel: ReturnModel {
    static let dailyCurve = "cumulative_hazard_by_day"

    let curve: ReturnCurve
    /// Of the logarithm of the first day's total, with that logarithm's mean.
    private let spend: (coefficient: Double, mean: Double)
    /// By month from 1.
    private let months: [Double]
    /// By their names, for the groups of mapped columns.
    private let coefficients: [String: Double]

    /// Nil when the model is damaged.
    init?(_ fitted: FittedModel) {
        let values = fitted.parameters
        guard let weeks = values["m"], let c = values["c"], let g = values["g"],
            let daily = fitted.curves[CoxReturnModel.dailyCurve], daily.count > 1,
            Int((7 * weeks).rounded()) == daily.count - 1, c >= 0, c.isFinite, g <= 1, g.isFinite,
            daily[0] >= 0, zip(daily, daily.dropFirst()).allSatisfy({ $0 <= $1 && $1.isFinite }),
            values.values.allSatisfy(\.isFinite)
        else { return nil }
        curve = ReturnCurve(
            daily: daily,
            tail: HazardTail(followUp: Double(daily.count - 1), c: c, g: g)
        )
        let name = ReturnCovariates.spendName
        spend = (values[name] ?? 0, values["mean_\(name)"] ?? 0)
        coefficients = values
        months = (0...12).map { values[ReturnCovariates.monthName($0)] ?? 0 }
    }

    func cumulativeHazard(_ days: Double) -> Double { curve.cumulativeHazard(days) }

    func logRisks(_ customers: Range<Int>, of summaries: CustomerSummaries) -> [Double] {
        let asOf = summaries.asOf ?? Day(number: 0)
        let amounts = summaries.firstPurchases?.spend ?? []
        let (coefficient, mean) = spend
        let age = summaries.calendarAge
        var month = (day: Int32.min, value: 0.0)
        let groups = (summaries.firstPurchases?.groups ?? []).map { column in
            let effects = column.groups.map {
                coefficients[ReturnCovariates.groupName(column.name, $0)] ?? 0
            }
            return (codes: column.codes, effects: [0] + effects)
        }
        return customers.map { customer in
            let day = asOf.number - age[customer]
            if day != month.day { month = (day, months[Day(number: day).civil.month]) }
            var risk = month.value
            for column in groups { risk += column.effects[Int(column.codes[customer])] }
            guard coefficient != 0, !amounts.isEmpty else { return risk }
            return risk
                + coefficient * (ReturnCovariates.logSpend(amounts[customer]) - mean)
        }
    }
}
