import Domain
import Testing

@testable import Pipeline

@Suite("the days that drift is measured over")
struct DriftWindowTests {
    @Test("are whole weeks")
    func wholeWeeks() {
        let fit = Day(number: 20_000)
        let found = [0, 6, 7, 8, 12, 13, 14, 100].map {
            DriftWindow.days(from: fit, upTo: fit + $0)
        }
        #expect(found == [0, 0, 7, 7, 7, 7, 14, 98])
    }
}
