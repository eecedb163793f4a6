import Domain
import Glibc
import Modeling
import Numerics
import Testing

@Suite struct PatternTests {
    @Test("equal customers become one pattern with their number, whatever their order")
    func purchases() throws {
        let patterns = PurchasePatterns(
            summaries([
                (2, 30, 90), (0, 0, 400), (2, 30, 90), (2, 30, 91), (0, 0, 400), (2, 30, 90),
            ])
        )
        #expect(patterns.days == [0, 30, 90, 91, 400])
        #expect(patterns.repeats == [0, 2, 2])
        #expect(patterns.recency == [0, 1, 1])
        #expect(patterns.age == [4, 2, 3])
        #expect(patterns.weight == [2, 3, 1])
        #expect(patterns.customers == 6)
    }

    @Test("patterns of random customers are those of a dictionary")
    func agreesWithDictionary() throws {
        var random = RandomSource(seed: 31)
        let rows = (0..<5000).map { _ in
            (
                Int32(random.next() % 5 * (random.next() % 300)), Int32(random.next() % 40),
                Int32(random.next() % 3000)
            )
        }
        let patterns = PurchasePatterns(summaries(rows))
        var slow: [[Int32]: Double] = [:]
        for row in rows { slow[[row.0, row.1, row.2], default: 0] += 1 }
        #expect(patterns.count == slow.count)
        let isEqual = (0..<patterns.count).allSatisfy { index in
            let recency = patterns.days[Int(patterns.recency[index])]
            let key = [patterns.repeats[index], recency, patterns.days[Int(patterns.age[index])]]
            return slow[key] == patterns.weight[index]
        }
        #expect(isEqual, "seed 31")
    }

    @Test("a sample has the asked number of customers, evenly chosen")
    func sample() throws {
        var random = RandomSource(seed: 32)
        let rows = (0..<10_000).map { _ in
            (Int32(random.next() % 4), Int32(7), Int32(random.next() % 90 + 7))
        }
        let patterns = PurchasePatterns(summaries(rows))
        let sample = patterns.sample(1000)
        #expect(sample.customers == 1000 && sample.weight.reduce(0, +) == 1000)
        for x in Int32(0)..<4 {
            let whole = rows.count { $0.0 == x }
            let chosen = sample.repeats.indices.filter { sample.repeats[$0] == x }
                .reduce(0) { $0 + sample.weight[$1] }
            #expect(abs(chosen - Double(whole) / 10) <= 1.01)
        }
    }

    @Test("spend patterns hold repeaters who spent something, equal ones once")
    func spend() {
        var summaries = summaries([
            (1, 5, 9), (0, 0, 9), (2, 5, 9), (1, 4, 9), (3, 5, 9), (1, 1, 9),
        ])
        summaries.meanSpend = [12.5, .nan, 12.5, 12.5, 0, -4]
        let patterns = SpendPatterns(summaries)
        #expect(patterns.days == [1, 2])
        #expect(patterns.meanSpend == [12.5, 12.5])
        #expect(patterns.weight == [2, 1])
        #expect(patterns.customers == 3)
    }

    @Test("means keep eleven digits beside an x of ten thousand")
    func digits() {
        var summaries = summaries([(10_000, 10_000, 10_000), (1, 5, 9)])
        summaries.meanSpend = [1234.567_890_123_4, 1e-9]
        let patterns = SpendPatterns(summaries)
        #expect(abs(patterns.meanSpend[1] / 1234.567_890_123_4 - 1) < 1e-11)
        #expect(abs(patterns.meanSpend[0] / 1e-9 - 1) < 1e-11)
    }

    @Test("the grid finds every customer's pair and holds nothing else")
    func grid() {
        var random = RandomSource(seed: 33)
        let rows = (0..<3000).map { _ in
            (Int32(random.next() % 40), Int32(0), Int32(random.next() % 50 * 100))
        }
        let summaries = summaries(rows)
        let grid = FrequencyAgeGrid(summaries)
        #expect(grid.count == Set(rows.map { [$0.0, $0.2] }).count)
        let isFound = (0..<summaries.count).allSatisfy { index in
            let (x, age) = (summaries.repeats[index], summaries.age[index])
            let pair = grid.pair(repeats: x, age: age)
            return grid.repeats[pair] == x && grid.age[pair] == age
                && grid.differentRepeats[Int(grid.row[pair])] == x
        }
        #expect(isFound, "seed 33")
    }

    @Test("a coarse grid has every customer at an age within a thirtieth, and few pairs")
    func coarseGrid() {
        let rows = (0..<20_000).map { (Int32($0 % 3), Int32(0), Int32($0 / 3 % 2000)) }
        let summaries = summaries(rows)
        let grid = FrequencyAgeGrid(summaries, isCoarse: true)
        #expect(grid.count < 3 * 140)
        let errors = rows.map { x, _, age in
            let pair = grid.pair(repeats: x, age: age)
            return grid.repeats[pair] == x ? Double(grid.age[pair] - age) / Double(max(1, age)) : 1
        }
        #expect(errors.allSatisfy { abs($0) <= 1.0 / 30 })
        #expect(abs(errors.reduce(0, +)) / Double(errors.count) < 0.001, "both ways")
    }

    @Test("discounting agrees with a sum over days, and leaves things alone at a rate of zero")
    func discounting() {
        // E(t) = 3 (1 - e^(-t / 100)), whose present value has a closed form.
        let expected = { (t: Double) in 3 * (1 - exp(-t / 100)) }
        let rate = log(1.15) / 365
        let exact = 3 / 100.0 / (0.01 + rate) * (1 - exp(-(0.01 + rate) * 365))
        let discounting = Discounting(Horizon(days: 365, annualDiscountRate: 0.15))
        let value = discounting.presentValue(atEnd: expected(365), expected)
        #expect(abs(value - exact) < 1e-6)
        let plain = Discounting(Horizon(days: 365))
        #expect(plain.presentValue(atEnd: 2) { _ in .nan } == 2)
    }

    private func summaries(_ rows: [(Int32, Int32, Int32)]) -> CustomerSummaries {
        CustomerSummaries(
            repeats: rows.map(\.0),
            recency: rows.map(\.1),
            age: rows.map(\.2),
            meanSpend: rows.map { _ in .nan },
            historicSpend: []
        )
    }
}
