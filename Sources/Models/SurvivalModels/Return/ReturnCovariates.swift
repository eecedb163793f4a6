import Domain
import Glibc

/// What is known of a customer when the first purchase has been made.
enum ReturnCovariates {
    static let spendName = "log_first_spend"

    /// A month or group needs as many second purchases for a coefficient of its own.
    private static let eventsPerGroup = 20

    static func monthName(_ month: Int) -> String { "month_\(padded(month, 2))" }

    static func logSpend(_ amount: Double) -> Double { log1p(max(0, amount)) }

    /// Nil without amounts, and where all are the same.
    static func logSpend(_ first: FirstPurchases) -> Covariates.Number? {
        let values = first.spend.map { logSpend($0) }
        guard let any = values.first, values.contains(where: { abs($0 - any) > 1e-9 }) else {
            return nil
        }
        return Covariates.Number(spendName, values)
    }

    struct Months {
        /// By customer, from 1.
        var month: [UInt8]
        var events = [Int](repeating: 0, count: 13)
        var customers = [Int](repeating: 0, count: 13)
    }

    static func months(in summaries: CustomerSummaries) -> Months {
        let calendar = MonthByAge(summaries)
        var months = Months(month: summaries.calendarAge.map { calendar.month($0) })
        for (index, month) in months.month.enumerated() {
            months.customers[Int(month)] += 1
            if summaries.repeats[index] > 0 { months.events[Int(month)] += 1 }
        }
        return months
    }

    /// The months with enough second purchases, against the one with the most customers and all that
    /// have few; nil when there is nothing to tell apart.
    static func factor(_ months: Months) -> Covariates.Factor? {
        let base = months.customers.indices.max { months.customers[$0] < months.customers[$1] }
        let own = (1...12).filter { $0 != base && months.events[$0] >= eventsPerGroup }
        guard !own.isEmpty else { return nil }
        var code = [UInt8](repeating: 0, count: 13)
        for (place, month) in own.enumerated() { code[month] = UInt8(place + 1) }
        return Covariates.Factor(own.map(monthName), months.month.map { code[Int($0)] })
    }

    static func groupName(_ column: String, _ group: String) -> String { "\(column)=\(group)" }

    /// The same for the groups of a mapped column.
    static func factor(_ column: GroupColumn, _ summaries: CustomerSummaries) -> Covariates.Factor?
    {
        let codes = 0...column.groups.count
        var (customers, events) = (codes.map { _ in 0 }, codes.map { _ in 0 })
        for (index, code) in column.codes.enumerated() {
            customers[Int(code)] += 1
            if summaries.repeats[index] > 0 { events[Int(code)] += 1 }
        }
        let base = codes.max { customers[$0] < customers[$1] }
        let own = codes.dropFirst().filter { $0 != base && events[$0] >= eventsPerGroup }
        guard !own.isEmpty else { return nil }
        var place = codes.map { _ in UInt8(0) }
        for (index, code) in own.enumerated() { place[code] = UInt8(index + 1) }
        return Covariates.Factor(
            own.map { groupName(column.name, column.groups[$0 - 1]) },
            column.codes.map { place[Int($0)] }
        )
    }
}

extension ReturnCovariates {
    /// What keeps a mapped column from telling what it could; nil when nothing does.
    static func fault(of column: GroupColumn, among coefficients: [String]) -> ProblemReport? {
        let named = "column \"\(column.name)\""
        if column.groups.count >= GroupColumn.groupsMax {
            return ProblemReport(
                code: "too_many_groups",
                message: "\(named) has \(GroupColumn.groupsMax) groups or more, and those that came"
                    + " later count as none",
                fix: "map a column of few groups, such as the channel"
            )
        }
        let used = column.groups.count { coefficients.contains(groupName(column.name, $0)) }
        guard used == 0 else { return nil }
        return ProblemReport(
            code: "covariate_without_effect",
            message: column.groups.count < 2
                ? "\(named) is the same for all customers and tells nothing"
                : "of the \(column.groups.count) groups of \(named) none but the largest has"
                    + " \(eventsPerGroup) customers who came back: it is left out",
            fix: "leave the column out, or map one of fewer and larger groups"
        )
    }
}

/// The month in which a customer of some age began, without a calendar per customer.
struct MonthByAge {
    private let months: [UInt8]

    init(_ summaries: CustomerSummaries) {
        let asOf = summaries.asOf ?? Day(number: 0)
        months = (0...Int(summaries.calendarAge.max() ?? 0)).map { UInt8((asOf - $0).civil.month) }
    }

    func month(_ age: Int32) -> UInt8 { months[Int(age)] }
}
