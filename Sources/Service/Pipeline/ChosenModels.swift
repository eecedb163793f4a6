import Configuration
import Domain
import JSONCoding
import ModelStore
import Modeling
import Parallel
import Scoring
import WorkerContract

/// The version that a run forecasts with.
struct ChosenModels {
    let manifest: Manifest
    let models: [FittedModel]
    let season: SeasonFinding
    let pastTotals: PastTotals
    /// The customers as the models see them.
    let summaries: CustomerSummaries
    /// Of the version that was stored when the run began; nil when nobody measured it.
    var drift: Drift?
    /// Of the version; none when it is older than they are.
    private let cutPoints: CutPoints
    /// Made when the version was trained in this run.
    private let scorer: Scorer?
    private let trained: Bool
    private let reason: String

    /// What the version's document with the models' names, in order, is called.
    static let order = "order"

    /// And the one with the cut points.
    static let segmentation = "segmentation"

    /// And the one with the season.
    static let seasonDocument = "season"

    /// And the one with forecasts from earlier dates.
    static let pastDocument = "past_totals"

    /// None when the version is older than they are.
    static func pastTotals(of version: StoredVersion) throws -> PastTotals {
        try version.documents[pastDocument].map {
            try JSONCoding.decode(PastTotals.self, from: $0)
        } ?? PastTotals()
    }

    static func models(of version: StoredVersion) throws -> [FittedModel] {
        let order = try version.documents[order].map {
            try JSONCoding.decode([String].self, from: $0)
        }
        return try (order ?? version.models.keys.sorted()).map { name in
            try JSONCoding.decode(FittedModel.self, from: version.models[name] ?? [])
        }
    }

    static func season(of version: StoredVersion) throws -> SeasonFinding {
        try version.documents[seasonDocument].map {
            try JSONCoding.decode(SeasonFinding.self, from: $0)
        } ?? SeasonFinding(reason: "off: the stored version has none")
    }

    init(
        _ version: StoredVersion,
        trained: Bool,
        reason: String,
        _ season: SeasonFinding,
        _ pastTotals: PastTotals,
        _ summaries: CustomerSummaries,
        _ scorer: Scorer? = nil
    ) throws {
        self.season = season
        self.pastTotals = pastTotals
        self.summaries = summaries
        manifest = version.manifest
        cutPoints =
            try version.documents[ChosenModels.segmentation].map {
                try JSONCoding.decode(CutPoints.self, from: $0)
            } ?? CutPoints()
        self.scorer = scorer
        models = try ChosenModels.models(of: version)
        self.trained = trained
        self.reason = reason
    }

    var used: [RunResult.Model] {
        models.map {
            .init($0, version: manifest.version, trained: trained, reason: reason)
        }
    }

    func scorer(
        of run: JobRun,
        _ team: ThreadTeam
    ) throws -> Scorer {
        try scorer ?? run.scorer(models, pastTotals, cutPoints, for: summaries, team)
    }

    /// Purchase days later than the ones that the models were fitted to.
    func newPurchases(in ledger: Ledger) -> Int {
        let fitted = manifest.asOf.number
        return ledger.day.reduce(0) { $0 + ($1 > fitted ? 1 : 0) }
    }
}

extension JobRun {
    /// Scores customers as the job's settings say.
    func scorer(
        _ models: [FittedModel],
        _ pastTotals: PastTotals,
        _ cutPoints: CutPoints = CutPoints(),
        for summaries: CustomerSummaries,
        _ team: ThreadTeam
    ) throws -> Scorer {
        let job = settings.job
        return try Scorer(
            models,
            of: catalogue,
            for: summaries,
            horizonsDays: job.horizons.map(\.days),
            ValueTerms(
                grossMargin: job.grossMargin,
                annualDiscountRate: job.annualDiscountRate
            ),
            segments: SegmentRules(map: job.segments, levels: job.valueLevels),
            cutPoints: cutPoints,
            pastTotals: pastTotals,
            team
        )
    }
}
