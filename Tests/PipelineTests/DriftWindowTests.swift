import Domain
import Testing

@testable import Pipeline

@Suite("the days that drift is measured over")
struct DriftWindowTests {
    private let fit = Day(number: 20_000)

    /// A hundred days before the fit and some after it, of which some are open.
    private func window(_ days: Int, _ isOpen: (_ day: Int) -> Bool) -> Int {
        let purchases = (-100...days).map { isOpen($0) ? 500 : 0 }
        let counts = DailyCounts(
            firstDay: fit - 100,
            newCustomers: purchases.map { _ in 0 },
            repeatPurchases: purchases,
            firstSpend: nil
        )
        return DriftWindow.days(from: fit, upTo: fit + days, counts)
    }

    @Test("are whole weeks")
    func wholeWeeks() {
        let found = [0, 6, 7, 8, 12, 13, 14, 100].map { window($0) { _ in true } }
        #expect(found == [0, 0, 7, 7, 7, 7, 14, 98])
    }

    @Test("leave out newest days that have not come, where every day has purchases")
    func late() {
        #expect(window(14) { $0 < 14 } == 7)
        #expect(window(14) { $0 < 13 } == 7)
        #expect(window(15) { $0 < 15 } == 14)
        #expect(window(8) { $0 < 7 } == 0)
        // A day that was empty before says nothing about the newest.
        #expect(window(14) { $0 != 3 } == 14)
    }

    @Test("hold a closed weekend, and leave out the days after it that have not come")
    func weekend() {
        func isWeekday(_ day: Int) -> Bool { (day + 700) % 7 < 5 }
        #expect(window(13, isWeekday) == 7)
        #expect(window(20, isWeekday) == 14)
        #expect(window(14, isWeekday) == 14)
        // Monday to Wednesday are missing behind the weekend.
        #expect(window(16) { isWeekday($0) && $0 < 14 } == 7)
    }
}
