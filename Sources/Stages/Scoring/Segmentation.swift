package import Domain

/// How customers are put into segments and levels: settings of a job.
package struct SegmentRules: Hashable, Sendable {
    package var map: SegmentMap
    /// The expected values above which Mid, High and Top begin; nil: the quartiles.
    package var levels: [Double]?

    package init(map: SegmentMap = .score, levels: [Double]? = nil) {
        self.map = map
        self.levels = levels
    }
}

/// Scores, segment, level and mismatch of customers.
struct Segmentation: Sendable {
    private let rules: SegmentRules
    private let cuts: CutPoints

    init(_ rules: SegmentRules, _ cuts: CutPoints) {
        self.rules = rules
        self.cuts = cuts
    }

    /// What is the same for every horizon; in columns, empty where nothing is known.
    struct Scores {
        fileprivate(set) var recency: [Double] = []
        fileprivate(set) var frequency: [Double] = []
        fileprivate(set) var monetary: [Double] = []
        fileprivate(set) var sum: [Double] = []
        fileprivate(set) var segments: [Segment] = []
    }

    func scores(_ customers: Range<Int>, of summaries: CustomerSummaries) -> Scores {
        var scores = Scores()
        // Few days since the last purchase are a high score.
        scores.recency = summaries.daysSinceLast(customers).map {
            Double(CutPoints.scores - group(of: $0, by: cuts.recency))
        }
        scores.frequency = summaries.purchaseDays(customers).map {
            Double(1 + group(of: $0, by: cuts.frequency))
        }
        guard summaries.hasAmounts else { return scores }
        scores.monetary = summaries.netTotal(customers).map {
            Double(1 + group(of: $0, by: cuts.monetary))
        }
        for row in scores.recency.indices {
            let (r, f, m) = (scores.recency[row], scores.frequency[row], scores.monetary[row])
            scores.sum.append(r + f + m)
            scores.segments.append(rules.map.segment(Int(r), Int(f), Int(m)))
        }
        return scores
    }

    /// Fills the columns that depend on scores and, where it is known, on expected value.
    func fill(_ batch: inout ForecastBatch, _ scores: Scores) {
        batch[.rfmRecencyScore] = scores.recency
        batch[.rfmFrequencyScore] = scores.frequency
        batch[.rfmMonetaryScore] = scores.monetary
        batch[.rfmScore] = scores.sum
        batch[.segment] = scores.segments.map { Double($0.rawValue) }
        let values = batch[.expectedValue]
        guard let levels = rules.levels ?? cuts.value[batch.horizonDays], !values.isEmpty else {
            return
        }
        let found = values.map { $0.isNaN ? nil : ValueLevel(rawValue: group(of: $0, by: levels)) }
        batch[.clvLevel] = found.map { $0.map { Double($0.rawValue) } ?? .nan }
        batch[.mismatch] = zip(scores.segments, found).map { segment, level in
            level.map { Double(Mismatch(segment, $0).rawValue) } ?? .nan
        }
    }
}

extension SegmentMap {
    /// The 25 cells: by recency, lowest first, and the mean of frequency and money, lowest first.
    private static let cells: [[Segment]] = [
        [.hibernating, .hibernating, .atRisk, .atRisk, .cannotLose],
        [.hibernating, .hibernating, .atRisk, .atRisk, .cannotLose],
        [.aboutToSleep, .aboutToSleep, .needsAttention, .loyalCustomers, .loyalCustomers],
        [.promising, .potentialLoyalists, .potentialLoyalists, .loyalCustomers, .loyalCustomers],
        [.newCustomers, .potentialLoyalists, .potentialLoyalists, .champions, .champions],
    ]

    /// The segment of the scores of recency, frequency and money, each from 1 to 5.
    func segment(_ recency: Int, _ frequency: Int, _ monetary: Int) -> Segment {
        switch self {
        case .grid:
            // The mean of both, halves rounded up.
            let mean = (frequency + monetary + 1) / 2
            return SegmentMap.cells[recency - 1][mean - 1]
        case .score:
            switch recency + frequency + monetary {
            case 13...: return .champions
            case 10...12: return .loyalCustomers
            case 7...9: return .potentialLoyalists
            case 4...6: return .atRisk
            default: return .lost
            }
        }
    }
}

extension Mismatch {
    /// In the grid, whose names mean the same where they are the same, Hibernating stands for Lost.
    ///
    /// Cannot Lose is no low score: those customers bought and spent most, and only stay away.
    init(_ segment: Segment, _ level: ValueLevel) {
        switch (segment, level) {
        case (.champions, .low), (.loyalCustomers, .low): self = .overrated
        case (.atRisk, .high), (.lost, .high), (.hibernating, .high): self = .underrated
        case (.atRisk, .top), (.lost, .top), (.hibernating, .top): self = .underrated
        default: self = .aligned
        }
    }
}
