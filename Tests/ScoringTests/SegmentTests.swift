import Domain
import JSONCoding
import Modeling
import Numerics
import Parallel
import Scoring
import Testing

/// A customer written out by hand: days since the last purchase, purchase days, net total.
private struct Customer {
    var since: Int
    var days: Int
    var total: Double

    init(_ since: Int, _ days: Int, _ total: Double) {
        (self.since, self.days, self.total) = (since, days, total)
    }
}

private func base(_ customers: [Customer]) -> CustomerSummaries {
    CustomerSummaries(
        repeats: customers.map { Int32($0.days - 1) },
        recency: customers.map { $0.days == 1 ? 0 : 400 },
        age: customers.map { Int32(($0.days == 1 ? 0 : 400) + $0.since) },
        meanSpend: customers.map { $0.days == 1 ? .nan : $0.total / Double($0.days) },
        historicSpend: customers.map(\.total)
    )
}

/// As if their parameters were known for certain: this suite is not about ranges, which would take long.
private let models = Result { certain(try fit(shop(3000))) }

private func scorer(
    _ summaries: CustomerSummaries,
    _ rules: SegmentRules = SegmentRules(),
    _ cuts: CutPoints = CutPoints(),
    horizons: [Int] = [90],
    threads: Int = .max
) throws -> Scorer {
    try Scorer(
        models.get(),
        of: catalogue,
        for: summaries,
        horizonsDays: horizons,
        ValueTerms(),
        segments: rules,
        cutPoints: cuts,
        ThreadTeam(threads: threads)
    )
}

/// A column of a horizon, of all customers.
private func column(_ field: ForecastField, of scorer: Scorer, horizon: Int = 0) -> [Double] {
    (0..<scorer.batchCount).flatMap { scorer.batches($0)[horizon][field] }
}

/// The texts of a column of labels.
private func labels(_ field: ForecastField, of scorer: Scorer, horizon: Int = 0) -> [String] {
    guard case .label(let texts) = field.kind else { return [] }
    return column(field, of: scorer, horizon: horizon).map { texts[Int($0)] }
}

/// Cuts that put the values 1 to 5 of purchase days, and 5, 15 ...
///
/// 45 of the others, into groups.
private func everyCell() throws -> (summaries: CustomerSummaries, cuts: CutPoints) {
    let text = """
        {"recency": [10, 20, 30, 40], "frequency": [1, 2, 3, 4], "monetary": [10, 20, 30, 40],
         "value": {}}
        """
    let cells = (0..<125).map { cell in
        Customer(5 + cell / 25 * 10, 1 + cell / 5 % 5, Double(5 + cell % 5 * 10))
    }
    return (base(cells), try JSONCoding.decode(CutPoints.self, from: Array(text.utf8)))
}

@Suite struct SegmentTests {
    @Test("ten different customers get each score twice, and the cuts are values of theirs")
    func ten() throws {
        let shop = base((0..<10).map { Customer($0, 10 - $0, Double(100 - 10 * $0)) })
        let scorer = try scorer(shop)
        let falling: [Double] = [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
        #expect(column(.rfmRecencyScore, of: scorer) == falling)
        #expect(column(.rfmFrequencyScore, of: scorer) == falling)
        #expect(column(.rfmMonetaryScore, of: scorer) == falling)
        #expect(column(.rfmScore, of: scorer) == falling.map { 3 * $0 })
        #expect(scorer.cutPoints.recency == [1, 3, 5, 7])
        #expect(scorer.cutPoints.frequency == [2, 4, 6, 8])
        #expect(scorer.cutPoints.monetary == [20, 40, 60, 80])
        let names = ["Champions", "Loyal Customers", "Potential Loyalists", "At Risk", "Lost"]
        #expect(labels(.segment, of: scorer) == names.flatMap { [$0, $0] })
    }

    @Test("equal values share a score, also those whose cents add up differently")
    func ties() throws {
        let totals = [0.1 + 0.2, 0.3, 0.3, 0.3, 7]
        let scorer = try scorer(base(totals.map { Customer(3, 2, $0) }))
        #expect(column(.rfmMonetaryScore, of: scorer) == [1, 1, 1, 1, 5])
        let percentiles = column(.clvPercentile, of: scorer)
        #expect(Set(percentiles[..<4]).count == 1 && percentiles[4] == 100)
    }

    @Test("customers who are all alike, or alone, are Low, at 100 % and recent", arguments: [1, 7])
    func alike(count: Int) throws {
        let shop = base(Array(repeating: Customer(12, 3, 55), count: count))
        let scorer = try scorer(shop)
        #expect(column(.rfmRecencyScore, of: scorer) == Array(repeating: 5, count: count))
        #expect(column(.rfmFrequencyScore, of: scorer) == Array(repeating: 1, count: count))
        #expect(column(.rfmScore, of: scorer) == Array(repeating: 7, count: count))
        #expect(column(.clvPercentile, of: scorer) == Array(repeating: 100, count: count))
        #expect(labels(.clvLevel, of: scorer) == Array(repeating: "Low", count: count))
        #expect(labels(.mismatch, of: scorer) == Array(repeating: "Aligned", count: count))
    }

    @Test("the five groups are those of the sum of the scores")
    func groups() throws {
        let (summaries, cuts) = try everyCell()
        let scorer = try scorer(summaries, SegmentRules(map: .score), cuts)
        let sums = column(.rfmScore, of: scorer)
        #expect(Set(sums) == Set((3...15).map(Double.init)))
        let expected = sums.map { sum in
            sum >= 13
                ? "Champions"
                : sum >= 10
                    ? "Loyal Customers"
                    : sum >= 7 ? "Potential Loyalists" : sum >= 4 ? "At Risk" : "Lost"
        }
        #expect(labels(.segment, of: scorer) == expected)
    }

    @Test("the grid is the published map, recency by row, the mean of the others by column")
    func grid() throws {
        let map = [
            "5 New Customers|Potential Loyalists|Potential Loyalists|Champions|Champions",
            "4 Promising|Potential Loyalists|Potential Loyalists|Loyal Customers|Loyal Customers",
            "3 About to Sleep|About to Sleep|Needs Attention|Loyal Customers|Loyal Customers",
            "2 Hibernating|Hibernating|At Risk|At Risk|Cannot Lose",
            "1 Hibernating|Hibernating|At Risk|At Risk|Cannot Lose",
        ].map { $0.dropFirst(2).split(separator: "|").map(String.init) }
        let (summaries, cuts) = try everyCell()
        let scorer = try scorer(summaries, SegmentRules(map: .grid), cuts)
        let recency = column(.rfmRecencyScore, of: scorer)
        let frequency = column(.rfmFrequencyScore, of: scorer)
        let monetary = column(.rfmMonetaryScore, of: scorer)
        let expected = recency.indices.map { row in
            let mean = Int(((frequency[row] + monetary[row]) / 2).rounded())
            return map[5 - Int(recency[row])][mean - 1]
        }
        #expect(labels(.segment, of: scorer) == expected)
        #expect(Set(expected).count == 10)
    }

    @Test("set limits make the levels: above them, not at them", arguments: SegmentMap.allCases)
    func limits(map: SegmentMap) throws {
        let (summaries, cuts) = try everyCell()
        let plain = try scorer(summaries, SegmentRules(map: map), cuts)
        let values = column(.expectedValue, of: plain)
        let sorted = values.sorted()
        let levels = [sorted[20], sorted[60], sorted[110]]
        let scorer = try scorer(summaries, SegmentRules(map: map, levels: levels), cuts)
        let expected = values.map { value in
            value > levels[2]
                ? "Top" : value > levels[1] ? "High" : value > levels[0] ? "Mid" : "Low"
        }
        #expect(labels(.clvLevel, of: scorer) == expected)
        #expect(scorer.cutPoints == plain.cutPoints)
        let found = zip(labels(.segment, of: scorer), expected).map { segment, level in
            let isLow = ["At Risk", "Lost", "Hibernating"].contains(segment)
            let isHigh = ["Champions", "Loyal Customers"].contains(segment)
            return isHigh && level == "Low"
                ? "Overrated (High RFM, Low CLV)"
                : isLow && (level == "High" || level == "Top")
                    ? "Underrated (Low RFM, High CLV)" : "Aligned"
        }
        #expect(labels(.mismatch, of: scorer) == found)
    }

    @Test("a version's cuts are used unchanged, whatever the other customers do")
    func frozen() throws {
        let trained = try scorer(shop(2000), horizons: [30, 365])
        let bytes = try JSONCoding.encode(trained.cutPoints)
        let cuts = try JSONCoding.decode(CutPoints.self, from: bytes)
        #expect(cuts == trained.cutPoints && Set(cuts.value.keys) == [30, 365])
        // The first hundred stay as they are; everybody else goes.
        var fewer = shop(2000)
        fewer.repeats.removeLast(1900)
        fewer.recency.removeLast(1900)
        fewer.age.removeLast(1900)
        fewer.meanSpend.removeLast(1900)
        fewer.historicSpend.removeLast(1900)
        let later = try scorer(fewer, SegmentRules(), cuts, horizons: [30, 365])
        let anew = try scorer(fewer, horizons: [30, 365])
        #expect(later.cutPoints == cuts && anew.cutPoints != cuts)
        let fields: [ForecastField] = [.rfmScore, .rfmRecencyScore, .segment, .clvLevel, .mismatch]
        for field in fields {
            for horizon in 0..<2 {
                let before = column(field, of: trained, horizon: horizon)
                #expect(column(field, of: later, horizon: horizon) == Array(before[..<100]))
            }
        }
        #expect(column(.rfmScore, of: later) != column(.rfmScore, of: anew))
    }

    @Test("cuts of another horizon, or none, are found anew; the others stay")
    func completed() throws {
        let month = try scorer(shop(500), horizons: [30]).cutPoints
        let both = try scorer(shop(700), SegmentRules(), month, horizons: [30, 365]).cutPoints
        #expect(both.recency == month.recency && both.monetary == month.monetary)
        #expect(both.value[30] == month.value[30] && both.value[365]?.count == 3)
    }
}

/// Everything again as slowly and plainly as it is defined.
@Suite struct SlowSegmentTests {
    /// The smallest value with at least `part` of `whole` of the values at or below it.
    private func cut(_ values: [Double], _ part: Int, of whole: Int) -> Double {
        values.sorted().first { candidate in
            values.count { $0 <= candidate } * whole >= part * values.count
        } ?? .nan
    }

    private func groups(_ values: [Double], _ count: Int) -> [Double] {
        let cuts = (1..<count).map { cut(values, $0, of: count) }
        return values.map { value in Double(cuts.count { $0 < value }) }
    }

    @Test("random bases, many of them tied, score as the definitions say")
    func random() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomSource(seed: seed)
        for _ in 0..<12 {
            let spread = 1 + random.next() % 60
            let shop = base(
                (0..<1 + random.next() % 300).map { _ in
                    let total = Double(random.next() % spread) - 2
                    return Customer(
                        Int(random.next() % spread),
                        1 + Int(random.next() % spread),
                        total
                    )
                }
            )
            let scorer = try scorer(shop, horizons: [30, 365], threads: 2)
            let since = zip(shop.age, shop.recency).map { Double($0 - $1) }
            #expect(
                column(.rfmRecencyScore, of: scorer) == groups(since, 5).map { 5 - $0 },
                "seed \(seed)"
            )
            #expect(
                column(.rfmFrequencyScore, of: scorer)
                    == groups(shop.repeats.map { Double($0) }, 5).map { $0 + 1 },
                "seed \(seed)"
            )
            #expect(
                column(.rfmMonetaryScore, of: scorer)
                    == groups(shop.historicSpend, 5).map { $0 + 1 },
                "seed \(seed)"
            )
            for horizon in 0..<2 {
                let values = column(.expectedValue, of: scorer, horizon: horizon)
                let shares = values.map { value in
                    let below = Double(values.count { $0 <= value })
                    return (10_000 * below / Double(values.count)).rounded() / 100
                }
                #expect(column(.clvPercentile, of: scorer, horizon: horizon) == shares, "\(seed)")
                #expect(
                    column(.clvLevel, of: scorer, horizon: horizon) == groups(values, 4),
                    "seed \(seed)"
                )
            }
        }
    }

    @Test("more customers than percentiles, and one thread or two, change nothing")
    func many() throws {
        let shop = shop(60_000)
        let both = try scorer(shop, threads: 2)
        let values = column(.expectedValue, of: both)
        var atOrBelow: [Double: Int] = [:]
        for (index, value) in values.sorted().enumerated() { atOrBelow[value] = index + 1 }
        let shares = values.map { value in
            (10_000 * Double(atOrBelow[value] ?? 0) / 60_000).rounded() / 100
        }
        let percentiles = column(.clvPercentile, of: both)
        #expect(percentiles == shares)
        #expect(Set(percentiles).count > 5000)
        let alone = try scorer(shop, threads: 1)
        #expect(column(.clvPercentile, of: alone) == percentiles)
        #expect(alone.cutPoints == both.cutPoints)
    }
}
