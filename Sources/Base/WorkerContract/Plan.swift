package import Configuration
package import Domain

/// The first line of a worker's standard input: one run, whole.
///
/// The input stays open behind it, and its end means that the supervisor is gone.
package struct Plan: Sendable {
    package static let schema = "clvd.plan/1"

    package var runID: String
    package var tenant: String
    package var job: String
    /// Nil: the last complete day in the tenant's zone, or a file's newest purchase day.
    package var asOf: Day?
    /// The scheduled instant that this run serves; one publication per due time.
    package var dueAt: Instant?
    /// From 1.
    package var attempt: Int
    /// Why the run was started, e.g.
    ///
    /// `model_age`, `by_hand`.
    package var reasons: [String]
    /// Fit anew, however fresh the stored version is.
    package var retrain: Bool
    /// The directory of the model store.
    package var store: String
    package var work: Work

    /// The kind of the plan with its settings.
    package enum Work: Sendable {
        case run(RunSettings)
        case check(RunSettings)
        case pipeline(PipelineSettings)
        case database(DatabaseSettings)
        case sample(SampleSettings)
    }

    package init(
        runID: String,
        tenant: String,
        job: String,
        asOf: Day? = nil,
        dueAt: Instant? = nil,
        attempt: Int = 1,
        reasons: [String] = [],
        retrain: Bool = false,
        store: String = "",
        work: Work
    ) {
        self.runID = runID
        self.tenant = tenant
        self.job = job
        self.asOf = asOf
        self.dueAt = dueAt
        self.attempt = attempt
        self.reasons = reasons
        self.retrain = retrain
        self.store = store
        self.work = work
    }
}

/// A file forecast without daemon or database: `clvctl pipeline`.
package struct PipelineSettings: Codable, Hashable, Sendable {
    package var path: String
    package var columns: ColumnSettings
    package var horizons: [TimePeriod]
    /// Names from the catalogue; empty: chosen by the program.
    package var models: [String]
    package var priors = Priors.weak
    package var season = SeasonChoice.auto
    package var grossMargin = 1.0
    package var annualDiscountRate = 0.0
    /// Nil: the table goes to the descriptor that the launcher passed as number 3.
    package var output: String?
    package var report: String?
    package var rejected: String?

    package init(
        path: String,
        columns: ColumnSettings,
        horizons: [TimePeriod],
        models: [String],
        priors: Priors = .weak,
        season: SeasonChoice = .auto,
        output: String?,
        report: String?,
        rejected: String?
    ) {
        self.path = path
        self.columns = columns
        self.horizons = horizons
        self.models = models
        self.priors = priors
        self.season = season
        self.output = output
        self.report = report
        self.rejected = rejected
    }
}

/// A seeded sample shop: `clvctl sample`.
package struct SampleSettings: Codable, Hashable, Sendable {
    package var customers: Int
    package var seed: UInt64
    package var directory: String
    /// The last day of the shop's history; a fixed one when left out.
    package var cut: Day?

    package init(customers: Int, seed: UInt64, directory: String, cut: Day? = nil) {
        self.customers = customers
        self.seed = seed
        self.directory = directory
        self.cut = cut
    }
}

extension Plan: Codable {
    private enum CodingKeys: String, CodingKey {
        case schema, kind, tenant, job, attempt, reasons, retrain, settings, store
        case runID = "run_id"
        case asOf = "as_of"
        case dueAt = "due_at"
    }

    private enum Kind: String, Codable { case run, check, pipeline, database, sample }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let schema = try container.decode(String.self, forKey: .schema)
        guard schema == Plan.schema else { throw ForeignSchema(found: schema, known: Plan.schema) }
        runID = try container.decode(String.self, forKey: .runID)
        tenant = try container.decode(String.self, forKey: .tenant)
        job = try container.decode(String.self, forKey: .job)
        asOf = try container.decodeIfPresent(Day.self, forKey: .asOf)
        dueAt = try container.decodeIfPresent(Instant.self, forKey: .dueAt)
        attempt = try container.decodeIfPresent(Int.self, forKey: .attempt) ?? 1
        reasons = try container.decodeIfPresent([String].self, forKey: .reasons) ?? []
        retrain = try container.decodeIfPresent(Bool.self, forKey: .retrain) ?? false
        store = try container.decodeIfPresent(String.self, forKey: .store) ?? ""
        work =
            switch try container.decode(Kind.self, forKey: .kind) {
            case .run: .run(try container.decode(RunSettings.self, forKey: .settings))
            case .check: .check(try container.decode(RunSettings.self, forKey: .settings))
            case .pipeline:
                .pipeline(try container.decode(PipelineSettings.self, forKey: .settings))
            case .database:
                .database(try container.decode(DatabaseSettings.self, forKey: .settings))
            case .sample: .sample(try container.decode(SampleSettings.self, forKey: .settings))
            }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Plan.schema, forKey: .schema)
        try container.encode(runID, forKey: .runID)
        try container.encode(tenant, forKey: .tenant)
        try container.encode(job, forKey: .job)
        try container.encodeIfPresent(asOf, forKey: .asOf)
        try container.encodeIfPresent(dueAt, forKey: .dueAt)
        try container.encode(attempt, forKey: .attempt)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(retrain, forKey: .retrain)
        try container.encode(store, forKey: .store)
        switch work {
        case .run(let settings):
            try container.encode(Kind.run, forKey: .kind)
            try container.encode(settings, forKey: .settings)
        case .check(let settings):
            try container.encode(Kind.check, forKey: .kind)
            try container.encode(settings, forKey: .settings)
        case .pipeline(let settings):
            try container.encode(Kind.pipeline, forKey: .kind)
            try container.encode(settings, forKey: .settings)
        case .database(let settings):
            try container.encode(Kind.database, forKey: .kind)
            try container.encode(settings, forKey: .settings)
        case .sample(let settings):
            try container.encode(Kind.sample, forKey: .kind)
            try container.encode(settings, forKey: .settings)
        }
    }
}

/// A document of a schema that this program does not know.
package struct ForeignSchema: Problem {
    package let found: String
    package let known: String

    package init(found: String, known: String) {
        self.found = found
        self.known = known
    }

    package var code: String { "foreign_schema" }
    package var message: String {
        "schema \"\(found)\" is not known here, this program speaks \"\(known)\""
    }
    package var cause: String? { nil }
    package var fix: String? { "install clvd, clvctl and clv-worker of one version" }
    package var failureClass: FailureClass { .configuration }
}
