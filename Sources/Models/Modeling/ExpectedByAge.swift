/// The expected repeat purchases of a brand-new customer by days since the first purchase.
struct ExpectedByAge {
    private let byDay: [Double]

    init(_ model: any PurchaseModel, upTo days: Double) {
        let outlook = model.outlook(repeats: 0)
        let activity = model.activity(of: .new)
        byDay = (0...Int(days.rounded(.up)) + 1).map { day in
            day == 0
                ? 0
                : activity.enumerated().reduce(0) { sum, phase in
                    sum + phase.element
                        * outlook.expectedPurchases(phase: phase.offset, age: 0, days: Double(day))
                }
        }
    }

    /// Along straight lines between whole days.
    subscript(days: Double) -> Double {
        let day = Int(days)
        guard day + 1 < byDay.count else { return byDay[byDay.count - 1] }
        return byDay[day] + (days - Double(day)) * (byDay[day + 1] - byDay[day])
    }
}
