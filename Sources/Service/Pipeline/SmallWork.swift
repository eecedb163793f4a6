import Cleaning
import Configuration
import Domain
import Ingestion
import ModelStore
import Publishing
import Sampling
import Scheduling
import WorkerContract

/// A look at the data for freshness: reads, publishes nothing.
///
/// It needs what a run needs up to its fit, so it also tells whether a run would come so far.
struct DataCheck {
    private let run: JobRun

    init(_ plan: Plan, _ settings: RunSettings) throws { run = try JobRun(plan, settings) }

    func run(_ stream: inout EventStream) throws -> RunResult {
        try refuseDestination()
        let source = SourceReading(run)
        let rows = try stream.stage(.ingest, rows: \.count) { _ in try source.read() }
        let rules = CleaningRules(
            asOf: run.asOf,
            today: run.zone.day(of: run.startedAt),
            rejectedRowsKept: 0
        )
        let purchases = try stream.stage(.clean, rows: \.ledger.purchaseDays) { _ in
            try rows.cleaned(by: rules)
        }
        let ledger = purchases.ledger
        var result = RunResult(status: .succeeded)
        result.asOf = ledger.asOf
        result.rows = .init(purchases.account)
        result.data = .init(ledger, newSinceFit: newSinceFit(ledger))
        return result
    }

    private func refuseDestination() throws {
        let destination = try run.destination()
        let connection = try destination.connect()
        // Otherwise the run would make what is missing.
        guard !run.settings.destination.autoMigrate else { return }
        try Migrations.check(destination.schema, tenant: run.plan.tenant, on: connection)
    }

    private func newSinceFit(_ ledger: Ledger) -> Int {
        let store = ModelStore(root: run.plan.store)
        let (tenant, job) = (run.plan.tenant, run.plan.job)
        guard let champion = try? store.championName(tenant: tenant, job: job),
            let manifest = try? store.manifest(tenant: tenant, job: job, version: champion)
        else { return 0 }
        return ledger.day.reduce(0) { $0 + ($1 > manifest.asOf.number ? 1 : 0) }
    }
}

/// A sample shop, written to a folder.
struct SampleWork {
    private let settings: SampleSettings

    init(_ settings: SampleSettings) { self.settings = settings }

    func run(_ stream: inout EventStream) throws -> RunResult {
        try SampleShop(
            customers: settings.customers,
            seed: settings.seed,
            cut: settings.cut ?? SampleShop.usualCut
        ).write(to: settings.directory, check: Cancellation.check)
        return RunResult(status: .succeeded)
    }
}
