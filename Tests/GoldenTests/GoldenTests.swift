import Domain
import Modeling
import Parallel
import ProbabilityModels
import Scoring
import Testing
import Training

@Suite("CDNOW, weeks, calibration to 1997-09-30", .enabled(if: CDNOW.isHere, "\(CDNOW.absent)"))
struct GoldenTests {
    @Test("the sample has the published sufficient statistics")
    func statistics() throws {
        let summaries = CDNOW.summaries()
        #expect(summaries.count == 2357)
        #expect(summaries.repeats.reduce(0) { $0 + Int($1) } == 2457)
        #expect(summaries.repeats.count { $0 == 0 } == 1411)
        let patterns = PurchasePatterns(summaries)
        #expect(patterns.count == 1016)
        #expect(patterns.weight.reduce(0, +) == 2357)
    }

    @Test("BG/NBD on the sample has the published parameters and log-likelihood")
    func purchases() throws {
        let model = try fit(CDNOW.summaries())[0]
        #expect(agree(model.parameters["r"], 0.242595, within: 1e-3))
        #expect(agree(model.parameters["alpha"], 4.413602, within: 1e-3))
        #expect(agree(model.parameters["a"], 0.792922, within: 1e-3))
        #expect(agree(model.parameters["b"], 2.425907, within: 1e-3))
        #expect(abs(model.logLikelihood - -9582.4292) < 1e-3)
        #expect(model.converged && model.warnings.isEmpty)
        #expect(model.customers == 2357 && model.patterns == 1016)
    }

    @Test("the gamma-gamma model on the sample has the published parameters and log-likelihood")
    func spend() throws {
        let model = try fit(CDNOW.summaries())[1]
        #expect(model.customers == 946)
        #expect(agree(model.parameters["p"], 6.249571, within: 1e-3))
        #expect(agree(model.parameters["q"], 3.744225, within: 1e-3))
        #expect(agree(model.parameters["v"], 15.443524, within: 1e-3))
        #expect(abs(model.logLikelihood - -4055.9177) < 1e-3)
        #expect(model.converged)
    }

    @Test("both models on all customers have the known parameters and log-likelihoods")
    func full() throws {
        let summaries = CDNOW.summaries("cdnow_full.csv.gz")
        #expect(summaries.count == 23_570)
        let models = try fit(summaries)
        let (purchases, spend) = (models[0], models[1])
        #expect(purchases.patterns == 8685)
        #expect(agree(purchases.parameters["r"], 0.251624, within: 1e-3))
        #expect(agree(purchases.parameters["alpha"], 4.788943, within: 1e-3))
        #expect(agree(purchases.parameters["a"], 0.723434, within: 1e-3))
        #expect(agree(purchases.parameters["b"], 2.161089, within: 1e-3))
        #expect(abs(purchases.logLikelihood - -95368.4439) < 1e-3)
        #expect(spend.customers == 9450)
        #expect(agree(spend.parameters["p"], 6.27536, within: 1e-3))
        #expect(agree(spend.parameters["q"], 3.62445, within: 1e-3))
        #expect(agree(spend.parameters["v"], 14.983685, within: 1e-3))
        #expect(abs(spend.logLikelihood - -40763.4763) < 1e-3)
    }

    @Test(
        "the next 39 weeks are expected per frequency bin as published",
        arguments: [
            (
                "bg_nbd", ["r": 0.242595, "alpha": 4.413602, "a": 0.792922, "b": 2.425907],
                [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
            ),
            (
                "pareto_nbd", ["r": 0.5533, "alpha": 10.578, "s": 0.6061, "beta": 11.669],
                [0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403]
            ),
        ]
    )
    func bins(model: String, parameters: [String: Double], published: [Double]) throws {
        let summaries = CDNOW.summaries()
        var models = try fit(summaries, [model])
        models[0].parameters = parameters
        let scorer = try Scorer(
            models,
            of: catalogue,
            for: summaries,
            horizonsDays: [273],
            ValueTerms(),
            ThreadTeam()
        )
        var sums = [Double](repeating: 0, count: 8)
        var sizes = [Double](repeating: 0, count: 8)
        for index in 0..<scorer.batchCount {
            let batch = scorer.batches(index)[0]
            for (customer, expected) in zip(batch.customers, batch[.expectedPurchases]) {
                let bin = min(7, Int(summaries.repeats[customer]))
                sums[bin] += expected
                sizes[bin] += 1
            }
        }
        #expect(sizes == [1411, 439, 214, 100, 62, 38, 29, 64])
        for bin in published.indices {
            #expect(abs(sums[bin] / sizes[bin] - published[bin]) <= 0.00051, "bin \(bin)")
        }
    }

    @Test("the mean purchase of the first ten customers is as published")
    func averageSpend() throws {
        let summaries = CDNOW.summaries()
        let model = try GammaGammaFamily().load(try fit(summaries)[1])
        let published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
        for (value, expected) in zip(model.averageSpend(0..<10, of: summaries), published) {
            #expect(abs(value - expected) < 0.011)
        }
    }

    @Test("one and two threads give the same bits")
    func sameBits() throws {
        let summaries = CDNOW.summaries("cdnow_full.csv.gz")
        let one = try Training.fit(
            [],
            of: catalogue,
            to: summaries,
            priors: .none,
            control(threads: 1)
        ) { _, _ in
        }
        let two = try Training.fit(
            [],
            of: catalogue,
            to: summaries,
            priors: .none,
            control(threads: 2)
        ) { _, _ in
        }
        #expect(one.models == two.models)
        #expect(try totals(one.models, summaries, 1) == totals(two.models, summaries, 2))
    }

    @Test("as many customers have each score, level and segment as the definitions say")
    func segments() throws {
        let summaries = CDNOW.summaries()
        let scorer = try Scorer(
            try fit(summaries),
            of: catalogue,
            for: summaries,
            horizonsDays: [273],
            ValueTerms(),
            ThreadTeam()
        )
        let batch = scorer.batches(0)[0]
        let since = zip(summaries.age, summaries.recency).map { Double($0 - $1) }
        let days = summaries.repeats.map { Double($0 + 1) }
        let totals = summaries.historicSpend.map { ($0 * 100).rounded() / 100 }
        let recency = slowGroups(since, 5).map { 5 - $0 }
        let frequency = slowGroups(days, 5).map { $0 + 1 }
        let monetary = slowGroups(totals, 5).map { $0 + 1 }
        #expect(batch[.rfmRecencyScore] == recency)
        #expect(batch[.rfmFrequencyScore] == frequency)
        #expect(batch[.rfmMonetaryScore] == monetary)
        #expect(batch[.clvLevel] == slowGroups(batch[.expectedValue], 4))
        // Nearly 60 % bought on one day alone, so that two of the four cuts are one purchase day.
        let counts = (1...5).map { score in frequency.count { $0 == Double(score) } }
        #expect(counts == [1411, 0, 439, 214, 293])
        let sums = recency.indices.map { recency[$0] + frequency[$0] + monetary[$0] }
        let limits: [ClosedRange<Double>] = [13...15, 10...12, 7...9, 4...6, 3...3]
        for (segment, limits) in limits.enumerated() {
            let expected = sums.count { limits.contains($0) }
            #expect(batch[.segment].count { $0 == Double(segment) } == expected)
        }
    }

    /// The number of cuts strictly below each value; a cut is found by counting through all values.
    private func slowGroups(_ values: [Double], _ groups: Int) -> [Double] {
        let different = Set(values).sorted()
        let cuts = (1..<groups).compactMap { part in
            different.first { cut in values.count { $0 <= cut } * groups >= part * values.count }
        }
        return values.map { value in Double(cuts.count { $0 < value }) }
    }

    private func fit(
        _ summaries: CustomerSummaries,
        _ names: [String] = []
    ) throws -> [FittedModel] {
        try Training.fit(names, of: catalogue, to: summaries, priors: .none, control()) { _, _ in }
            .models
    }

    private func totals(
        _ models: [FittedModel],
        _ summaries: CustomerSummaries,
        _ threads: Int
    ) throws -> [ForecastTotal] {
        let team = ThreadTeam(threads: threads)
        let scorer = try Scorer(
            models,
            of: catalogue,
            for: summaries,
            horizonsDays: [365],
            ValueTerms(grossMargin: 0.4, annualDiscountRate: 0.1),
            team
        )
        return scorer.score(team) {
            $0.count
        } deliver: { _ in
        }.totals
    }
}
