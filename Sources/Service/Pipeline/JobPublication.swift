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
        var totals: [ForecastTotal]
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
            model: chosen.models.map(\.name).joined(separator: "+"),
            modelVersion: chosen.manifest.version,
            maxTotalShift: run.settings.job.maxTotalShift
        )
        let publication = try Publication.begin(header, of: ledger, under: lease)
        let scores = try stream.stage(.score, rows: { _ in chosen.summaries.count }) { stream in
            try score(chosen, purchases, counts, into: publication, stream, control)
        }
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
        return Outcome(publicationID: String(receipt.number), totals: scores.totals)
    }

    /// Scores on all cores and hands the rows over in the order of the customers.
    private func score(
        _ chosen: ChosenModels,
        _ purchases: Ledger,
        _ counts: DailyCounts,
        into publication: Publication,
        _ stream: borrowing EventStream,
        _ control: WorkControl
    ) throws -> (totals: [ForecastTotal], newcomers: [NewcomerPeriod]) {
        let scorer = try chosen.scorer(of: run, control.team)
        var done = 0
        let totals = try scorer.score(control.team, encode: { $0 }) { batches in
            try Cancellation.check()
            try publication.append(batches, customers: purchases.customers)
            done += batches.first?.customers.count ?? 0
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
        return (scorer.totals(totals, with: newcomers), periods)
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
                simplifications: model.simplifications
            )
        }
    }
}
