import Domain
import Testing

@testable import Pipeline

@Suite("a source that has stopped")
struct SilentSourceTests {
    @Test("half a year without a purchase is told, with the day and a fix")
    func silent() throws {
        let silence = try #require(SilentSource(counts(days: 400) { $0 < 219 }))
        #expect(
            silence.message
                == "nobody bought in the 181 days up to the as-of date, where every day is usual"
        )
        #expect(silence.cause == "the newest purchase is of 2024-08-06")
        #expect(silence.fix?.hasSuffix("since 2024-08-06, or forecast as of that day") == true)
    }

    @Test("a quiet week, a closed weekend and a shop with few purchases are not")
    func usual() {
        #expect(SilentSource(counts(days: 400) { _ in true }) == nil)
        #expect(SilentSource(counts(days: 400) { $0 < 394 }) == nil)
        #expect(SilentSource(counts(days: 400) { $0 < 392 }) != nil)
        // Open on Mondays alone.
        #expect(SilentSource(counts(days: 400) { $0 < 385 && $0 % 7 == 0 }) == nil)
        #expect(SilentSource(counts(days: 400) { $0 < 370 && $0 % 7 == 0 }) != nil)
        // Nothing is usual with one day.
        #expect(SilentSource(counts(days: 400) { $0 == 0 }) == nil)
    }

    private func counts(days: Int, _ isBusy: (_ day: Int) -> Bool) -> DailyCounts {
        let purchases = (0..<days).map { isBusy($0) ? 1 : 0 }
        return DailyCounts(
            firstDay: Day(number: 19_723),
            newCustomers: purchases.enumerated().map { $0.offset % 2 == 0 ? $0.element : 0 },
            repeatPurchases: purchases.enumerated().map { $0.offset % 2 == 1 ? $0.element : 0 },
            firstSpend: nil
        )
    }
}
