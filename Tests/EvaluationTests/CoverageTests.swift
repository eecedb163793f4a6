import Domain
import Evaluation
import Glibc
import Numerics
import Testing

/// Customers of known laws, their true forecasts, and what they then did.
private struct Truth: CustomTestStringConvertible {
    let testDescription: String
    /// P(0), P(1), ...
    ///
    /// of each kind of customer.
    let laws: [[Double]]

    init(_ name: String, _ laws: [Double]...) { (testDescription, self.laws) = (name, laws) }

    init(_ name: String, _ laws: [[Double]]) { (testDescription, self.laws) = (name, laws) }

    /// The share in the central 90 %, and the share within the bounds.
    func coverage(seed: UInt64, customers: Int = 10_000) -> (randomised: Double, plain: Double) {
        let forecasts = laws.map(forecast)
        var random = RandomSource(seed: seed)
        var pool = StringPool()
        var offsets: [UInt32] = [0]
        var days: [Int32] = []
        var inside = 0
        for number in 0..<customers {
            let range = forecasts[number % laws.count].purchases ?? Ranged(.nan)
            let count = quantile(laws[number % laws.count], random.uniform())
            if range.low ?? 0 <= Double(count), Double(count) <= range.high ?? 0 { inside += 1 }
            _ = pool.append(padded(number, 7))
            days += (0..<count).map { 1 + Int32($0) }
            offsets.append(UInt32(days.count))
        }
        let ledger = Ledger(
            customers: pool,
            offsets: offsets,
            day: days,
            amount: nil,
            asOf: Day(number: 400)
        )
        var score = RealisedScore(
            asOf: Day(number: 0),
            horizonDays: 365,
            ledger: ledger,
            seed: ~seed
        )
        for number in 0..<customers {
            let id = Array(padded(number, 7).utf8)
            score.add(id.span, forecasts[number % laws.count])
        }
        let all = score.scores(against: []).last
        return (all?.purchases.coverage ?? .nan, Double(inside) / Double(customers))
    }

    private func forecast(_ law: [Double]) -> PublishedForecast {
        PublishedForecast(
            isRepeater: true,
            returnProbability: 1 - law[0],
            purchases: Ranged(
                law.indices.reduce(0) { $0 + Double($1) * law[$1] },
                low: Double(quantile(law, 0.05)),
                high: Double(quantile(law, 0.95))
            ),
            spend: nil
        )
    }

    private func quantile(_ law: [Double], _ place: Double) -> Int {
        var cumulated = 0.0
        for count in law.indices {
            cumulated += law[count]
            if cumulated >= place { return count }
        }
        return law.count - 1
    }
}

/// Negative binomial counts of an inverse shape (0: Poisson), of customers who are alive.
private func law(mean: Double, inverseShape: Double = 0, alive: Double = 1) -> [Double] {
    var term = inverseShape == 0 ? exp(-mean) : pow(1 + mean * inverseShape, -1 / inverseShape)
    var law = [1 - alive + alive * term]
    for count in 1...100 {
        let before = Double(count - 1)
        term *= mean / (1 + mean * inverseShape) * (1 + before * inverseShape) / Double(count)
        law.append(alive * term)
    }
    return law
}

@Suite struct CoverageTests {
    @Test(
        "right forecasts cover nine outcomes of ten, where plain counting says more",
        arguments: [
            Truth("hardly ever", law(mean: 0.03)), Truth("seldom", law(mean: 0.2)),
            Truth("now and then", law(mean: 0.4)), Truth("often", law(mean: 1.5)),
            Truth("weekly", law(mean: 6)), Truth("unsteady", law(mean: 0.8, inverseShape: 1)),
            Truth("very unsteady", law(mean: 4, inverseShape: 2)),
            Truth("many gone", law(mean: 3, alive: 0.4)),
            Truth(
                "all kinds",
                (1...40).map { law(mean: 0.05 * Double($0), inverseShape: 0.5, alive: 0.8) }
            ),
        ]
    )
    private func right(truth: Truth) {
        let seed: UInt64 = 7
        let found = truth.coverage(seed: seed)
        // Four deviations of a share are 0.012; the rest is what the quantiles leave open.
        #expect(abs(found.randomised - 0.9) < 0.016, "seed \(seed): \(found)")
        #expect(found.plain > found.randomised)
    }

    @Test("the draws are the same in every run of a seed")
    func repeatable() {
        let truth = Truth("now and then", law(mean: 0.4))
        #expect(truth.coverage(seed: 3, customers: 500) == truth.coverage(seed: 3, customers: 500))
    }
}
