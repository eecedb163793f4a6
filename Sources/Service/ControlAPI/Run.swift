package import Domain
package import WorkerContract

/// How far one step of a run is.
package struct StageProgress: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable { case waiting, running, done }

    package var stage: Stage
    package var state = State.waiting
    package var seconds: Double?
    package var rows: Int?
    package var done: Int?
    package var total: Int?
    package var unit: String?

    package init(_ stage: Stage) { self.stage = stage }

    /// From 0 to 1; nil while nobody knows.
    package var fraction: Double? {
        if state == .done { return 1 }
        guard let done, let total, total > 0 else { return nil }
        return min(1, Double(done) / Double(total))
    }

    /// The steps of a run that has not begun.
    package static var waiting: [StageProgress] { Stage.allCases.map(StageProgress.init) }
}

extension [StageProgress] {
    /// Takes in what a worker said, and gives the step that changed.
    package mutating func apply(_ content: Event.Content) -> StageProgress? {
        switch content {
        case .runStarted, .warning, .result: return nil
        case .stageStarted(let stage): return change(stage) { $0.state = .running }
        case .progress(let stage, let done, let total, let unit):
            return change(stage) {
                $0.state = .running
                $0.done = done
                $0.total = total
                $0.unit = unit
            }
        case .stageFinished(let stage, let seconds, let rows):
            return change(stage) {
                $0.state = .done
                $0.seconds = seconds
                $0.rows = rows
            }
        }
    }

    private mutating func change(
        _ stage: Stage,
        _ body: (inout StageProgress) -> Void
    ) -> StageProgress {
        if let index = firstIndex(where: { $0.stage == stage }) {
            body(&self[index])
            return self[index]
        }
        var added = StageProgress(stage)
        body(&added)
        append(added)
        return added
    }
}

/// One execution of a job.
package struct Run: Codable, Hashable, Sendable {
    package var runID: String
    package var tenant: String
    package var job: String
    package var state: RunState
    package var attempt = 1
    /// Why it was started: `model_age`, `by_hand`.
    package var reasons: [String] = []
    package var retrain = false
    package var asOf: Day?
    /// The scheduled instant that it serves; nil when started by hand.
    package var dueAt: Instant?
    package var queuedAt: Instant
    package var startedAt: Instant?
    package var finishedAt: Instant?
    /// When a failed attempt is tried again.
    package var retryAt: Instant?
    package var publicationID: String?
    package var published: RunResult.PublishedRows?
    package var currency: String?
    package var rows: RunResult.Rows?
    package var data: RunResult.DataFigures?
    package var models: [RunResult.Model] = []
    package var totals: [ForecastTotal] = []
    /// Whether the season of the year counts, and why.
    package var season: String?
    /// How far forecasts of totals from earlier dates were off.
    package var pastTotals: String?
    /// Who forecasts one-timers, and why.
    package var oneTimers: String?
    /// How many new customers come, and how far that may be off.
    package var newcomers: String?
    /// How the version in use has forecast since its fit; nil while that is not told.
    package var drift: Drift?
    package var peakMemoryBytes: Int?
    package var error: ProblemReport?
    /// Left out of lists.
    package var stages: [StageProgress] = []

    package init(runID: String, tenant: String, job: String, state: RunState, queuedAt: Instant) {
        self.runID = runID
        self.tenant = tenant
        self.job = job
        self.state = state
        self.queuedAt = queuedAt
    }

    /// How long it took; nil before it ended.
    package var seconds: Double? {
        guard let startedAt, let finishedAt else { return nil }
        return finishedAt - startedAt
    }

    private enum CodingKeys: String, CodingKey {
        case tenant, job, state, attempt, reasons, retrain, currency, rows, data, models, totals
        case error, stages, season, newcomers, published, drift
        case pastTotals = "past_totals"
        case oneTimers = "one_timers"
        case runID = "run_id"
        case asOf = "as_of"
        case dueAt = "due_at"
        case queuedAt = "queued_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case retryAt = "retry_at"
        case publicationID = "publication_id"
        case peakMemoryBytes = "peak_memory_bytes"
    }
}

/// One line of `GET /v1/runs/{run}/events`.
///
/// The first is the run's `state`, the last and only one of its kind is `result`.
package struct RunEvent: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// The whole run as it is: first of all, and when it starts or is queued again.
        case state
        /// One step changed.
        case progress
        case warning
        /// The whole run, over.
        case result
    }

    package var schema = "clvctl.run_event/1"
    package var type: Kind
    package var runID: String
    package var at: Instant
    package var run: Run?
    package var stage: StageProgress?
    package var warning: ProblemReport?
    /// Only in a result.
    package var exitCode: CommandExit?

    private init(_ type: Kind, runID: String, at: Instant) {
        self.type = type
        self.runID = runID
        self.at = at
    }

    package static func state(_ run: Run, at: Instant) -> RunEvent {
        var event = RunEvent(run.state.isOver ? .result : .state, runID: run.runID, at: at)
        event.run = run
        if run.state.isOver { event.exitCode = run.state.exit }
        return event
    }

    package static func progress(_ stage: StageProgress, runID: String, at: Instant) -> RunEvent {
        var event = RunEvent(.progress, runID: runID, at: at)
        event.stage = stage
        return event
    }

    package static func warning(_ report: ProblemReport, runID: String, at: Instant) -> RunEvent {
        var event = RunEvent(.warning, runID: runID, at: at)
        event.warning = report
        return event
    }

    /// The last line of a stream that ends before the run does.
    package static func end(of run: Run, at: Instant, exit: CommandExit) -> RunEvent {
        var event = RunEvent(.result, runID: run.runID, at: at)
        event.run = run
        event.exitCode = exit
        return event
    }

    private enum CodingKeys: String, CodingKey {
        case schema, type, at, run, stage, warning
        case runID = "run_id"
        case exitCode = "exit_code"
    }
}
