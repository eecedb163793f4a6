import Configuration
import Domain
import ModelStore
import Modeling
import Postgres
import Publishing
import Scoring
import WorkerContract

/// The last two stages of a run: rows are scored and written as they come, then published.
struct JobPublication {
    private let run: JobRun
    private let ledger: RunLedger
    private let lease: Lease

    struct Outcome {
        var publicationID: String
        var published: RunResult.PublishedRows
        var scores: Scores
    }

    /// What the forecasts add up to.
    struct Scores {
        var totals: [ForecastTotal]
        var newcomers: [NewcomerPeriod]
        var newcomerSentence: String?
        var heaviest: HeaviestCustomer?
    }

    init(_ run: JobRun, _ ledger: RunLedger, _ lease: Lease) {
        self.run = run
        self.ledger = ledger
        self.lease = lease
    }

    func publish(
        _ chosen: ChosenModels,
        _ purchases: Ledger,
        _ counts: DailyCounts,
        _ figures: RunFigures,
        _ stream: inout EventStream,
        _ control: WorkControl
    ) throws -> Outcome {
        let header = PublicationHeader(
            asOf: purchases.asOf,
            timePeriod: run.settings.job.timePeriod,
            currency: run.settings.currency,
            model: catalogue.label(of: chosen.models),
            modelVersion: chosen.manifest.version,
            maxTotalShift: run.settings.job.maxTotalShift,
            maxCustomerLoss: run.settings.job.maxCustomerLoss
        )
        let publication = try Publication.begin(header, of: ledger, under: lease)
        let scores = try stream.stage(.score, rows: { _ in chosen.summaries.count }) { stream in
            try score(chosen, purchases, counts, into: publication, stream, control)
        }
        let heavy = HeavyCustomer(scores.heaviest, of: purchases, in: ledger.destination)
        if let heavy { try stream.warn(heavy.report) }
        let receipt = try stream.stage(.publish, rows: \.rows) { _ in
            var figures = figures
            figures.peakMemoryBytes = PeakMemory.bytes
            return try publication.finish(
                totals: scores.totals,
                newcomers: scores.newcomers,
                actual: run.settings.job.includeActual ? purchases : nil,
                models: records(of: chosen),
                figures: figures
            )
        }
        try Aftermath(run, ledger.destination).run(purchases, stream)
        return Outcome(
            publicationID: String(receipt.number),
            published: .init(count: receipt.rows, changed: receipt.changedRows),
            scores: scores
        )
    }

    /// Scores on all cores and hands the rows over in the order of the customers.
    private func score(
        _ chosen: ChosenModels,
        _ purchases: Ledger,
        _ counts: DailyCounts,
        into publication: Publication,
        _ stream: borrowing EventStream,
        _ control: WorkControl
    ) throws -> Scores {
        let scorer = try chosen.scorer(of: run, control.team)
        let encoder = publication.encoder
        let customers = purchases.customers
        let scored = try scorer.score(control.team) { batches in
            Result { try encoder.encode(batches, customers: customers) }
        } deliver: { rows in
            try Cancellation.check()
            let done = try publication.append(rows.get(), customers: customers)
            try stream.send(
                .progress(.score, done: done, total: chosen.summaries.count, unit: "customers")
            )
        }
        let newcomers = scorer.newcomers(counts)
        let periods = scorer.newcomerPeriods(
            newcomers,
            after: purchases.asOf,
            ofDays: run.settings.job.timePeriod.days
        )
        let horizons = run.settings.job.horizons.map(\.days)
        return Scores(
            totals: scorer.totals(scored.totals, with: newcomers),
            newcomers: periods,
            newcomerSentence: newcomers?.sentence(horizons),
            heaviest: scored.heaviest
        )
    }

    private func records(of chosen: ChosenModels) -> [ModelRecord] {
        zip(chosen.models, chosen.used).map { model, used in
            ModelRecord(
                name: model.name,
                version: used.version,
                fittedOn: chosen.manifest.fittedOn,
                asOf: chosen.manifest.asOf,
                timePeriod: chosen.manifest.timePeriod,
                reason: used.reason,
                customers: model.customers,
                logLikelihood: model.logLikelihood,
                parameters: model.parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
                standardErrors: model.standardErrors.sorted { $0.key < $1.key }
                    .map { ($0.key, $0.value) },
                conditionNumber: model.conditionNumber,
                converged: model.converged,
                priors: model.priors,
                simplifications: model.simplifications,
                metrics: chosen.pastTotals.metrics(of: model.name)
                    + chosen.driftMetrics(of: model.name)
            )
        }
    }
}

extension ChosenModels {
    /// How the version has forecast since its fit, beside the model that forecasts purchases.
    fileprivate func driftMetrics(of model: String) -> [ModelMetric] {
        guard let drift, drift.version == manifest.version,
            catalogue.purchases.contains(where: { $0.name == model })
        else { return [] }
        let total = drift.sinceFit
        return [
            ("drift", drift.deviations), ("drift_purchases_bias", total.purchases.bias),
            ("drift_spend_bias", total.spend?.bias),
        ].compactMap { name, value in
            value.map {
                ModelMetric(
                    origin: total.origin,
                    horizonDays: total.horizonDays,
                    name: name,
                    value: $0
                )
            }
        }
    }
}

extension PastTotals {
    /// How far totals from earlier dates were off, as the model's own measures.
    fileprivate func metrics(of model: String) -> [ModelMetric] {
        let isPurchases = catalogue.purchases.contains { $0.name == model }
        let isSpend = catalogue.spend.contains { $0.name == model }
        if let oneTimers, oneTimers.model == model {
            return oneTimers.origins.map {
                ModelMetric(
                    origin: $0.day,
                    horizonDays: oneTimers.horizonDays,
                    name: "return_log_score_gain",
                    value: $0.gain
                )
            }
        }
        return levelErrors.keys.sorted().flatMap(counting).compactMap { total in
            let bias = isPurchases ? total.purchases.bias : isSpend ? total.spend?.bias : nil
            return bias.map {
                ModelMetric(
                    origin: total.origin,
                    horizonDays: total.horizonDays,
                    name: isSpend ? "total_spend_bias" : "total_purchases_bias",
                    value: $0
                )
            }
        }
    }
}
