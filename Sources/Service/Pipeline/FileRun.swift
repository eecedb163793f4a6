import Cleaning
import Domain
import Features
import Ingestion
import Modeling
import Scoring
import Training
import WorkerContract

/// A forecast from a file to a file, as `clvctl pipeline` asks for it.
///
/// No daemon, no database, no store.
struct FileRun {
    private let plan: Plan
    private let settings: PipelineSettings

    init(_ plan: Plan, _ settings: PipelineSettings) {
        self.plan = plan
        self.settings = settings
    }

    func run(_ stream: inout EventStream) throws -> RunResult {
        let control = WorkControl.ofThisRun
        let start = control.clock()
        // Nobody said which zone the days are in: somewhere it is tomorrow already.
        let today = Clock.system.now().utcDay + 1
        try FutureAsOf.refuse(plan.asOf, today: today)
        // Before any work, so that a folder that is not there is told at once.
        var files = try FileRunOutputs(settings)
        let purchases = try cleaned(today, &files, &stream)
        let ledger = purchases.ledger
        let summaries = try stream.stage(.features, rows: \.count) { _ in
            Features.summarise(ledger, control.team)
        }
        let counts = Features.countDays(ledger)
        try stream.warnOfSilence(counts)
        let fit = try stream.fitting(
            FitSettings(settings),
            to: ledger,
            summaries,
            counts,
            control
        )
        let trained = fit.trained
        let scores = try stream.stage(.score, rows: { _ in summaries.count }) { _ in
            try score(fit, ledger, counts, to: files, control)
        }
        let heavy = HeavyCustomer(scores.heaviest, of: ledger)
        if let heavy { try stream.warn(heavy.report) }
        try files.writeRejected(purchases.account)
        var seconds = Dictionary(
            uniqueKeysWithValues: stream.seconds.map { ($0.key.rawValue, $0.value) }
        )
        seconds["total"] = control.clock() - start
        let report = PipelineReport(
            asOf: ledger.asOf,
            rows: .init(purchases.account),
            customers: .init(summaries),
            models: trained.models,
            season: fit.season,
            pastTotals: fit.past,
            totals: scores.customers,
            groupTotals: scores.groups,
            newcomers: scores.newcomers,
            seconds: seconds,
            peakMemoryBytes: PeakMemory.bytes
        )
        try files.write(report)
        try files.commit()
        return result(purchases, fit, scores)
    }

    private func cleaned(
        _ today: Day,
        _ files: inout FileRunOutputs,
        _ stream: inout EventStream
    ) throws -> CleanedPurchases {
        let rows = try stream.stage(.ingest, rows: \.count) { _ in
            try CSVSource(
                path: settings.path,
                columns: settings.columns,
                isCancelled: { Cancellation.isRequested }
            ).read()
        }
        try Cancellation.check()
        let rules = CleaningRules(asOf: plan.asOf, today: today)
        do {
            return try stream.stage(.clean, rows: \.ledger.purchaseDays) { _ in
                try clean(rows, by: rules)
            }
        } catch let error as CleaningError {
            try files.writeRejected(error.account)
            try files.commitRejected()
            throw error
        }
    }

    /// What the forecasts add up to.
    private struct Scores {
        /// Of the file's customers.
        var customers: [ForecastTotal]
        /// Of each group, newcomers too.
        var groups: [ForecastTotal]
        var newcomers: [NewcomerPeriod]
        var newcomerSentence: String?
        var heaviest: HeaviestCustomer?
    }

    private func score(
        _ fit: SeasonalFit,
        _ ledger: Ledger,
        _ counts: DailyCounts,
        to files: borrowing FileRunOutputs,
        _ control: WorkControl
    ) throws -> Scores {
        let scorer = try Scorer(
            fit.trained.models,
            of: catalogue,
            for: fit.summaries,
            horizonsDays: settings.horizons.map(\.days),
            ValueTerms(
                grossMargin: settings.grossMargin,
                annualDiscountRate: settings.annualDiscountRate
            ),
            pastTotals: fit.past,
            control.team
        )
        let table = ForecastTable(
            customers: ledger.customers,
            labels: .init(
                tenant: plan.tenant,
                job: plan.job,
                model: catalogue.label(of: fit.trained.models),
                modelVersion: "",
                changedAt: Clock.system.now().wholeSeconds
            )
        )
        try files.put(Array(ForecastTable.header.utf8))
        let scored = try scorer.score(control.team) { batches in
            Result { () throws(UnpublishableValue) in try table.rows(batches) }
        } deliver: { rows in
            try Cancellation.check()
            try files.put(try rows.get())
        }
        let newcomers = scorer.newcomers(counts)
        let periods = scorer.newcomerPeriods(
            newcomers,
            after: ledger.asOf,
            ofDays: settings.horizons[0].days
        )
        return Scores(
            customers: scored.totals.filter { $0.group == .all }.map { total in
                var total = total
                total.group = .customers
                return total
            },
            groups: scorer.totals(scored.totals, with: newcomers),
            newcomers: periods,
            newcomerSentence: newcomers?.sentence(settings.horizons.map(\.days)),
            heaviest: scored.heaviest
        )
    }

    private func result(
        _ purchases: CleanedPurchases,
        _ fit: SeasonalFit,
        _ scores: Scores
    ) -> RunResult {
        var result = RunResult(status: .succeeded)
        result.asOf = purchases.ledger.asOf
        result.models = fit.trained.models.map {
            .init($0, version: "", trained: true, reason: fit.reasons[$0.name] ?? "")
        }
        result.rows = .init(purchases.account)
        result.data = .init(purchases.ledger, newSinceFit: 0)
        result.totals = scores.groups
        result.season = fit.season.reason
        result.pastTotals = fit.past.sentence
        result.oneTimers = fit.past.oneTimers?.sentence
        result.newcomers = scores.newcomerSentence
        return result
    }
}

extension RunResult.Model {
    init(_ model: FittedModel, version: String, trained: Bool, reason: String) {
        self.init(name: model.name, version: version, trained: trained, reason: reason)
        parameters = model.parameters.keys.sorted().map { name in
            .init(
                name: name,
                value: model.parameters[name] ?? .nan,
                standardError: model.standardErrors[name]
            )
        }
        simplifications = model.simplifications
    }
}

extension RunResult.Rows {
    init(_ account: RowAccount) {
        self.init(
            read: account.read,
            accepted: account.accepted,
            rejected: account.rejected,
            afterAsOf: account.afterAsOf
        )
    }
}

extension RunResult.DataFigures {
    init(_ ledger: Ledger, newSinceFit: Int) {
        self.init(
            newestPurchaseOn: ledger.day.max().map(Day.init(number:)),
            purchases: ledger.purchaseDays,
            customers: ledger.customerCount,
            newSinceFit: newSinceFit
        )
    }
}
