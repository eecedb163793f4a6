import Configuration
import Domain
import JSONCoding
import ModelStore
import Modeling
import Scheduling
import Scoring
import Training
import WorkerContract

/// The models of a run: the stored champion while it is fresh, else a new version.
struct ModelChoice {
    private let run: JobRun
    private let store: ModelStore
    private let settingsHash: String

    init(_ run: JobRun) {
        self.run = run
        store = ModelStore(root: run.plan.store)
        settingsHash = SHA256.hexadecimal(Array(run.settings.modelFingerprint.utf8))
    }

    func models(
        for ledger: Ledger,
        _ summaries: CustomerSummaries,
        _ counts: DailyCounts,
        _ stream: inout EventStream,
        _ control: WorkControl
    ) throws -> ChosenModels {
        let (champion, damaged) = try store.loadChampion(
            tenant: run.plan.tenant,
            job: run.plan.job
        )
        for problem in damaged { try stream.warn(problem.report) }
        let isDamaged = !damaged.isEmpty
        let drift = try champion.flatMap { champion in
            // What is fitted anew anyway needs no reason more.
            freshness(of: champion.manifest, isDamaged: isDamaged, ledger).retrain.isNeeded
                ? nil : try champion.drift(upTo: ledger, counts, control)
        }
        let isOurs = champion?.manifest.runID == run.plan.runID
        let retrain = freshness(of: champion?.manifest, isDamaged: isDamaged, ledger, drift).retrain
        let verdict =
            isOurs && !retrain.isNeeded ? "fitted by an earlier attempt" : retrain.sentence
        let reason = (damaged.map(\.report.message) + [verdict]).joined(separator: "; ")
        if let champion, !retrain.isNeeded {
            let season = try ChosenModels.season(of: champion)
            let names = Array(champion.models.keys)
            let seen = summaries.with(firstPurchasesOf: ledger, for: names, control)
                .seen(in: season, ledger, counts, control)
            var chosen = try ChosenModels(
                champion,
                trained: isOurs,
                reason: reason,
                season,
                try ChosenModels.pastTotals(of: champion),
                seen
            )
            chosen.drift = drift
            return chosen
        }
        guard run.settings.job.kind != .prediction else { throw noVersion }
        let fit = try stream.fitting(
            FitSettings(run.settings),
            to: ledger,
            summaries,
            counts,
            control
        )
        var chosen = try keep(fit, of: ledger, parent: champion?.manifest.version, reason, control)
        chosen.drift = drift
        return chosen
    }

    /// Makes what was fitted the champion of the store.
    private func keep(
        _ fit: SeasonalFit,
        of ledger: Ledger,
        parent: String?,
        _ reason: String,
        _ control: WorkControl
    ) throws -> ChosenModels {
        let models = fit.trained.models
        let scorer = try run.scorer(models, fit.past, for: fit.summaries, control.team)
        let files = try Dictionary(
            uniqueKeysWithValues: models.map {
                ($0.name, try JSONCoding.encode($0, pretty: true))
            }
        )
        let version = try store.save(
            manifest(ledger, fit, parent: parent),
            models: files,
            documents: [
                ChosenModels.order: try JSONCoding.encode(models.map(\.name)),
                ChosenModels.segmentation: try JSONCoding.encode(scorer.cutPoints, pretty: true),
                ChosenModels.seasonDocument: try JSONCoding.encode(fit.season, pretty: true),
                ChosenModels.pastDocument: try JSONCoding.encode(fit.past, pretty: true),
            ]
        )
        try store.promote(
            tenant: run.plan.tenant,
            job: run.plan.job,
            version: version.manifest.version
        )
        let choice = models.compactMap { fit.reasons[$0.name] }
        return try ChosenModels(
            version,
            trained: true,
            reason: ([reason] + choice).joined(separator: "; "),
            fit.season,
            fit.past,
            fit.summaries,
            scorer
        )
    }

    /// An older version than the one that was damaged is for jobs that cannot fit a new one.
    private func freshness(
        of manifest: Manifest?,
        isDamaged: Bool,
        _ ledger: Ledger,
        _ drift: Drift? = nil
    ) -> Freshness {
        let (kind, timing) = (run.settings.job.kind, run.settings.job.timing)
        var version = manifest.map { FreshnessFacts.Version($0) }
        version?.isDamaged = isDamaged
        // Who asked for a fit asked for one, however many attempts the run takes.
        let wantsFit = run.plan.retrain && manifest?.runID != run.plan.runID
        let today = run.zone.day(of: run.startedAt)
        var facts = FreshnessFacts(
            trains: kind != .prediction,
            predicts: kind != .train,
            today: today,
            maxModelAge: run.settings.job.maxModelAge,
            configurationHash: settingsHash,
            programVersion: ProgramVersion.current,
            version: version.map { .known($0) } ?? .none,
            forecastAsOf: .none,
            request: wantsFit ? .retrain : .run
        )
        facts.drift = drift
        facts.maxDrift = timing.maxDrift
        facts.data = .known(.init(facts: DataFacts(ledger), lookedOn: today))
        facts.limits = .init(
            newPurchases: timing.maxNewPurchases,
            newCustomers: timing.maxNewCustomers,
            dataAge: timing.maxDataAge
        )
        return Freshness(judging: facts)
    }

    private func manifest(_ ledger: Ledger, _ fit: SeasonalFit, parent: String?) -> Manifest {
        let trained = fit.trained
        var metrics: [String: Double] = [:]
        for (days, error) in fit.past.levelErrors {
            metrics["level_error_purchases_\(days)_days"] = error.purchases
            metrics["level_error_spend_\(days)_days"] = error.spend
        }
        for model in trained.models {
            metrics["\(model.name)_log_likelihood"] = model.logLikelihood
            for (name, value) in model.metrics { metrics["\(model.name)_\(name)"] = value }
        }
        return Manifest(
            programVersion: ProgramVersion.current,
            tenant: run.plan.tenant,
            job: run.plan.job,
            fittedOn: run.zone.day(of: run.startedAt),
            timePeriod: run.settings.job.timePeriod,
            asOf: ledger.asOf,
            firstPurchaseOn: ledger.day.min().map(Day.init(number:)),
            newestPurchaseOn: ledger.day.max().map(Day.init(number:)),
            customers: ledger.customerCount,
            purchases: ledger.purchaseDays,
            settingsHash: settingsHash,
            seed: 0,
            parent: parent,
            runID: run.plan.runID,
            metrics: metrics,
            verdict: trained.models.allSatisfy(\.converged) ? "accepted" : "accepted_not_converged"
        )
    }

    private var noVersion: ModelProblem {
        ModelProblem(
            code: "no_stored_version",
            message:
                "job \(run.plan.tenant)/\(run.plan.job) has no stored version to forecast with",
            cause: "a job of kind \"prediction\" never trains",
            fix:
                "set job = \"train_prediction\", or let a job \"train\" of the same name run first",
            failureClass: .configuration
        )
    }
}

extension FreshnessFacts.Version {
    init(_ manifest: Manifest) {
        self.init(
            fitDay: manifest.fittedOn,
            configurationHash: manifest.settingsHash,
            programVersion: manifest.programVersion
        )
        purchases = manifest.purchases
        customers = manifest.customers
    }
}

extension DataFacts {
    fileprivate init(_ ledger: Ledger) {
        self.init(
            newestPurchaseOn: ledger.day.max().map(Day.init(number:)),
            purchases: ledger.purchaseDays,
            customers: ledger.customerCount
        )
    }
}
