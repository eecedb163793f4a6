import Domain
import Features
import Glibc
import Parallel
import Testing

@Suite struct FeaturesTests {
    @Test("x, t_x, T and the spends are those of the definitions")
    func definitions() {
        let ledger = ledger([
            (days: [10, 17, 31], amounts: [5, 20, 40]),
            (days: [40], amounts: [7.5]),
            (days: [0, 1], amounts: [3, 0]),
        ])
        let summaries = Features.summarise(ledger, ThreadTeam())
        #expect(summaries.repeats == [2, 0, 1])
        #expect(summaries.recency == [21, 0, 1])
        #expect(summaries.age == [30, 0, 40])
        #expect(summaries.meanSpend[0] == 30)
        #expect(summaries.meanSpend[1].isNaN)
        #expect(summaries.meanSpend[2] == 0)
        #expect(summaries.historicSpend == [65, 7.5, 3])
        #expect(summaries.hasAmounts)
        #expect(abs(summaries.totalLogGap - log(7.0 * 14)) < 1e-14)
    }

    @Test("the logarithms of very many gaps are summed as of one")
    func manyGaps() {
        let days = (0..<3000).map { Int32($0 * ($0 + 1) / 2) }
        let summaries = Features.summarise(
            ledger([(days: days, amounts: [])]),
            ThreadTeam()
        )
        let direct = (1..<3000).reduce(0) { $0 + log(Double($1)) }
        #expect(abs(summaries.totalLogGap - direct) < 1e-10 * direct)
    }

    @Test("returns that exceed the later purchases leave a negative mean")
    func returns() {
        let summaries = Features.summarise(
            ledger([(days: [1, 2], amounts: [50, -20])]),
            ThreadTeam()
        )
        #expect(summaries.meanSpend == [-20] && summaries.historicSpend == [30])
    }

    @Test("without amounts there are no spends")
    func noAmounts() {
        let summaries = Features.summarise(ledger([(days: [1, 5], amounts: [])]), ThreadTeam())
        #expect(summaries.historicSpend.isEmpty && !summaries.hasAmounts)
        #expect(summaries.meanSpend.count == 1 && summaries.meanSpend[0].isNaN)
    }

    @Test("an empty ledger has an empty summary")
    func empty() {
        #expect(Features.summarise(ledger([]), ThreadTeam()).count == 0)
    }

    /// A ledger as of day 40; no amounts at all when the first customer has none.
    private func ledger(_ customers: [(days: [Int32], amounts: [Double])]) -> Ledger {
        var pool = StringPool()
        var offsets: [UInt32] = [0]
        for (index, customer) in customers.enumerated() {
            _ = pool.append("c\(index)")
            offsets.append((offsets.last ?? 0) + UInt32(customer.days.count))
        }
        let hasAmounts = customers.first?.amounts.isEmpty == false
        return Ledger(
            customers: pool,
            offsets: offsets,
            day: customers.flatMap(\.days),
            amount: hasAmounts ? customers.flatMap(\.amounts) : nil,
            asOf: Day(number: 40)
        )
    }
}
