import Domain
import Evaluation
import Numerics
import Testing

/// Ids `0000`..., with purchases of `amount` each on the given days after day 0.
private func ledger(_ days: [[Int32]], amount: Double = 10, asOf: Int32 = 100) -> Ledger {
    var pool = StringPool()
    for number in days.indices { _ = pool.append(padded(number, 6)) }
    return Ledger(
        customers: pool,
        offsets: days.reduce(into: [0]) { $0.append(($0.last ?? 0) + UInt32($1.count)) },
        day: days.flatMap { $0 },
        amount: days.flatMap { $0.map { _ in amount } },
        asOf: Day(number: asOf)
    )
}

private func score(
    _ ledger: Ledger,
    _ forecasts: [(id: String, forecast: PublishedForecast)],
    totals: [ForecastTotal] = []
) -> [TotalGroup: RealisedForecast] {
    var score = RealisedScore(asOf: Day(number: 50), horizonDays: 30, ledger: ledger, seed: 1)
    for (id, forecast) in forecasts {
        let bytes = Array(id.utf8)
        score.add(bytes.span, forecast)
    }
    let scores = score.scores(against: totals).map { ($0.group, $0) }
    return Dictionary(uniqueKeysWithValues: scores)
}

private func forecast(_ purchases: Double, isRepeater: Bool = true) -> PublishedForecast {
    PublishedForecast(
        isRepeater: isRepeater,
        returnProbability: nil,
        purchases: Ranged(purchases),
        spend: Ranged(purchases * 8)
    )
}

@Suite struct RealisedScoreTests {
    @Test("purchases count from the day behind the as-of date to the last day of the horizon")
    func window() {
        let ledger = ledger([[1, 50], [2, 51], [3, 80], [4, 81], [50, 51, 60, 80, 81]])
        let scores = score(ledger, (0..<5).map { (padded($0, 6), forecast(1)) })
        #expect(scores[.all]?.purchases.actual == 5)
        #expect(scores[.all]?.spend?.actual == 50)
        #expect(scores[.all]?.purchases.predicted == Ranged(5))
        // |0 - 1|, |1 - 1|, |1 - 1|, |0 - 1|, |3 - 1|
        #expect(scores[.all]?.purchases.meanAbsoluteError == 4.0 / 5)
        #expect(scores[.all]?.purchases.coverage == nil)
        #expect(scores[.oneTimer] == nil && scores[.newcomer] == nil)
    }

    @Test("customers who came or went are told apart, and newcomers count where they are forecast")
    func comingAndGoing() {
        let ledger = ledger([[1, 60], [55, 70], [1], [81]])
        let rows = [
            ("000000", forecast(2)), ("000002", forecast(1, isRepeater: false)),
            ("0000025", forecast(4)), ("9", forecast(3)),
        ]
        let plain = score(ledger, rows)
        #expect(plain[.repeater]?.customers == 1)
        #expect(plain[.repeater]?.missingCustomers == 2)
        #expect(plain[.oneTimer]?.purchases.actual == 0)
        #expect(plain[.all]?.purchases.actual == 1)
        let totals = [
            ForecastTotal(horizonDays: 30, group: .newcomer, purchases: Ranged(3, low: 1, high: 5)),
            ForecastTotal(horizonDays: 30, group: .all, purchases: Ranged(9, low: 4, high: 20)),
        ]
        let whole = score(ledger, rows, totals: totals)
        #expect(whole[.newcomer]?.customers == 1)
        #expect(
            whole[.newcomer]?.purchases == .init(predicted: Ranged(3, low: 1, high: 5), actual: 2)
        )
        #expect(whole[.all]?.purchases.predicted == Ranged(9, low: 4, high: 20))
        #expect(whole[.all]?.purchases.actual == 3)
    }

    @Test("a ranking is worth one when it is the outcomes' own, nothing when it tells nothing")
    func ranking() {
        let ledger = ledger([[60, 61, 62], [60, 61], [60], []])
        func gini(_ forecasts: [Double]) -> Double? {
            let rows = forecasts.enumerated().map { (padded($0, 6), forecast($1)) }
            return score(ledger, rows)[.all]?.purchases.gini
        }
        #expect(gini([9, 5, 1, 0]) == 1)
        #expect(abs((gini([0, 1, 5, 9]) ?? 0) + 1) < 1e-12)
        #expect(gini([2, 2, 2, 2]) == 0)
        // By hand: shares 3, 2, 1, 0 of 6 have 5/12, and 5/2, 5/2, 1/2, 1/2 of 6 have 4/12.
        #expect(abs((gini([7, 7, 3, 3]) ?? 0) - 0.8) < 1e-12)
    }
}
