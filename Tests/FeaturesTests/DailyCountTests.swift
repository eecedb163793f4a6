import Domain
import Features
import Testing

@Suite("purchases by day")
struct DailyCountTests {
    @Test("first and further purchase days are counted apart, up to the as-of date")
    func counts() {
        var pool = StringPool()
        for name in ["a", "b", "c"] { _ = pool.append(name) }
        let ledger = Ledger(
            customers: pool,
            offsets: [0, 2, 3, 6],
            day: [100, 103, 103, 101, 103, 104],
            amount: [5, 7, 11, 13, 17, 19],
            asOf: Day(number: 106)
        )
        let counts = Features.countDays(ledger)
        #expect(counts.firstDay == Day(number: 100))
        #expect(counts.newCustomers == [1, 1, 0, 1, 0, 0, 0])
        #expect(counts.repeatPurchases == [0, 0, 0, 2, 1, 0, 0])
        #expect(counts.firstSpend == 29 && counts.days == 7)
    }
}
