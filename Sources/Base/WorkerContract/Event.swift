package import Domain

/// The steps of a run, in order.
package enum Stage: String, Codable, CaseIterable, Sendable {
    case ingest, clean, features, train, score, publish
}

/// One JSON line of a worker's standard output.
package struct Event: Hashable, Sendable {
    package static let schema = "clvd.event/1"

    package var runID: String
    package var at: Instant
    package var content: Content

    package enum Content: Hashable, Sendable {
        case runStarted
        case stageStarted(Stage)
        /// `total` is nil while nobody knows it.
        case progress(Stage, done: Int, total: Int?, unit: String)
        case warning(code: String, message: String, fix: String?)
        case stageFinished(Stage, seconds: Double, rows: Int)
        /// The last event, and the only one of its kind.
        case result(RunResult)
    }

    package init(runID: String, at: Instant, content: Content) {
        self.runID = runID
        self.at = at
        self.content = content
    }
}

/// How a run ended, and what it leaves.
package struct RunResult: Codable, Hashable, Sendable {
    package enum Status: String, Codable, Sendable { case succeeded, failed, cancelled }

    /// A model that the run used.
    package struct Model: Codable, Hashable, Sendable {
        package var name: String
        package var version: String
        /// Whether this run fitted it; else it came from the store.
        package var trained: Bool
        /// Why it was fitted, or why the stored one was good enough.
        package var reason: String
        /// As fitted, with their uncertainty; nil where only the name is known.
        package var parameters: [Parameter]?
        /// The codes of simpler models that the data asked for.
        package var simplifications: [String]?

        package struct Parameter: Codable, Hashable, Sendable {
            package var name: String
            package var value: Double
            /// Nil when the data do not determine it.
            package var standardError: Double?

            package init(name: String, value: Double, standardError: Double?) {
                (self.name, self.value, self.standardError) = (name, value, standardError)
            }

            private enum CodingKeys: String, CodingKey {
                case name, value
                case standardError = "standard_error"
            }
        }

        package init(name: String, version: String, trained: Bool, reason: String) {
            self.name = name
            self.version = version
            self.trained = trained
            self.reason = reason
        }
    }

    package struct Rows: Codable, Hashable, Sendable {
        package var read: Int
        package var accepted: Int
        package var rejected: Int
        /// Later than the last known day, so that they take no part; nil in older events.
        package var afterAsOf: Int?

        package init(read: Int, accepted: Int, rejected: Int, afterAsOf: Int? = nil) {
            self.read = read
            self.accepted = accepted
            self.rejected = rejected
            self.afterAsOf = afterAsOf
        }

        private enum CodingKeys: String, CodingKey {
            case read, accepted, rejected
            case afterAsOf = "after_as_of"
        }
    }

    /// The rows that readers see since this run.
    package struct PublishedRows: Codable, Hashable, Sendable {
        package var count: Int
        /// Rows that differ from the publication before, new ones included.
        package var changed: Int

        package init(count: Int, changed: Int) { (self.count, self.changed) = (count, changed) }
    }

    /// What only the data can tell about freshness.
    package struct DataFigures: Codable, Hashable, Sendable {
        package var newestPurchaseOn: Day?
        package var purchases: Int
        package var customers: Int
        package var newSinceFit: Int

        package init(newestPurchaseOn: Day?, purchases: Int, customers: Int, newSinceFit: Int) {
            self.newestPurchaseOn = newestPurchaseOn
            self.purchases = purchases
            self.customers = customers
            self.newSinceFit = newSinceFit
        }

        private enum CodingKeys: String, CodingKey {
            case purchases, customers
            case newestPurchaseOn = "newest_purchase_on"
            case newSinceFit = "new_since_fit"
        }
    }

    package var status: Status
    package var error: ProblemReport?
    package var publicationID: String?
    package var published: PublishedRows?
    package var asOf: Day?
    package var models: [Model] = []
    package var rows: Rows?
    package var data: DataFigures?
    package var totals: [ForecastTotal] = []
    /// Of work on the schema.
    package var database: DatabaseReport?
    /// Whether the season of the year counts, and why; nil where nobody looked.
    package var season: String?
    /// How far forecasts of totals from earlier dates were off; nil where nobody looked.
    package var pastTotals: String?
    /// Who forecasts one-timers, and why; nil where nobody had to choose.
    package var oneTimers: String?
    /// How many new customers come, and how far that may be off; nil where nobody looked.
    package var newcomers: String?
    /// How the version that was in use has forecast since its fit; nil where that is not told.
    package var drift: Drift?
    package var peakMemoryBytes: Int?

    package init(status: Status, error: ProblemReport? = nil) {
        self.status = status
        self.error = error
    }

    private enum CodingKeys: String, CodingKey {
        case status, error, published, models, rows, data, totals, season, newcomers, database
        case drift
        case pastTotals = "past_totals"
        case oneTimers = "one_timers"
        case publicationID = "publication_id"
        case asOf = "as_of"
        case peakMemoryBytes = "peak_memory_bytes"
    }
}

extension Event: Codable {
    private enum CodingKeys: String, CodingKey {
        case schema, type, at, stage, done, total, unit, code, message, fix, seconds, rows
        case runID = "run_id"
    }

    private enum Kind: String, Codable {
        case runStarted = "run_started"
        case stageStarted = "stage_started"
        case progress, warning
        case stageFinished = "stage_finished"
        case result
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let schema = try container.decode(String.self, forKey: .schema)
        guard schema == Event.schema else {
            throw ForeignSchema(found: schema, known: Event.schema)
        }
        runID = try container.decode(String.self, forKey: .runID)
        at = try container.decode(Instant.self, forKey: .at)
        switch try container.decode(Kind.self, forKey: .type) {
        case .runStarted: content = .runStarted
        case .stageStarted:
            content = .stageStarted(try container.decode(Stage.self, forKey: .stage))
        case .progress:
            content = .progress(
                try container.decode(Stage.self, forKey: .stage),
                done: try container.decode(Int.self, forKey: .done),
                total: try container.decodeIfPresent(Int.self, forKey: .total),
                unit: try container.decode(String.self, forKey: .unit)
            )
        case .warning:
            content = .warning(
                code: try container.decode(String.self, forKey: .code),
                message: try container.decode(String.self, forKey: .message),
                fix: try container.decodeIfPresent(String.self, forKey: .fix)
            )
        case .stageFinished:
            content = .stageFinished(
                try container.decode(Stage.self, forKey: .stage),
                seconds: try container.decode(Double.self, forKey: .seconds),
                rows: try container.decode(Int.self, forKey: .rows)
            )
        case .result: content = .result(try RunResult(from: decoder))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Event.schema, forKey: .schema)
        try container.encode(runID, forKey: .runID)
        try container.encode(at, forKey: .at)
        switch content {
        case .runStarted: try container.encode(Kind.runStarted, forKey: .type)
        case .stageStarted(let stage):
            try container.encode(Kind.stageStarted, forKey: .type)
            try container.encode(stage, forKey: .stage)
        case .progress(let stage, let done, let total, let unit):
            try container.encode(Kind.progress, forKey: .type)
            try container.encode(stage, forKey: .stage)
            try container.encode(done, forKey: .done)
            try container.encodeIfPresent(total, forKey: .total)
            try container.encode(unit, forKey: .unit)
        case .warning(let code, let message, let fix):
            try container.encode(Kind.warning, forKey: .type)
            try container.encode(code, forKey: .code)
            try container.encode(message, forKey: .message)
            try container.encodeIfPresent(fix, forKey: .fix)
        case .stageFinished(let stage, let seconds, let rows):
            try container.encode(Kind.stageFinished, forKey: .type)
            try container.encode(stage, forKey: .stage)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(rows, forKey: .rows)
        case .result(let result):
            try container.encode(Kind.result, forKey: .type)
            try result.encode(to: encoder)
        }
    }
}
