import Cleaning
import Configuration
import Domain
import Features
import Ingestion
import ModelStore
import Modeling
import Postgres
import Publishing
import Scheduling
import Scoring
import WorkerContract

/// One run of a job: from the tenant's database to fresh rows in it.
///
/// What it leaves, in order: a row in `runs`, a version in the store, a publication. Each is whole
/// or absent, so a run that is killed anywhere can start again.
struct JobRun {
    let plan: Plan
    let settings: RunSettings
    let zone: TimeZoneRules
    let startedAt = Clock.system.now()

    init(_ plan: Plan, _ settings: RunSettings) throws {
        self.plan = plan
        self.settings = settings
        zone = try TimeZoneRules(named: settings.timeZone)
    }

    func run(_ stream: inout EventStream) throws -> RunResult {
        let destination = try destination()
        let connection = try destination.connect()
        let admin = settings.destination.adminConnection ?? settings.destination.connection
        _ = try Migrations.prepare(
            destination.schema,
            tenant: plan.tenant,
            mayMigrate: settings.destination.autoMigrate,
            on: connection,
            admin: opener(of: admin)
        )
        let lease = try Lease.acquire(for: destination, holder: plan.runID, on: connection)
        let keeper = LeaseKeeper(lease, for: destination)
        defer {
            keeper.stop()
            // A lease that could not be given back ends by itself.
            try? connection.closing { try lease.release(for: destination, on: connection) }
        }
        let record = RunRecord(
            runID: plan.runID,
            attempt: plan.attempt,
            reasons: plan.reasons,
            asOf: plan.asOf,
            dueAt: plan.dueAt
        )
        if let past = try PastPublication.made(for: record, in: destination, on: connection) {
            return try replay(past, for: record, in: destination, under: lease, on: connection)
        }
        let ledger = try RunLedger.open(record, in: destination, under: lease, on: connection)
        var found = Findings()
        do {
            return try forecast(&found, ledger, lease, &stream)
        } catch {
            let problem = problem(behind: error)
            let end: RunEnd = problem.failureClass == .cancelled ? .cancelled : .failed
            // The run has failed already; the next one closes what this one cannot.
            try? connection.closing {
                try ledger.close(
                    end,
                    figures: found.figures,
                    error: problem.report,
                    on: connection
                )
            }
            throw error
        }
    }

    /// Tells of a publication that an attempt made which was killed before it could tell, or
    /// another run for the same due time.
    private func replay(
        _ past: PastPublication,
        for record: RunRecord,
        in destination: Destination,
        under lease: Lease,
        on connection: Connection
    ) throws -> RunResult {
        if past.runID != record.runID {
            try RunLedger.open(record, in: destination, under: lease, on: connection)
                .close(.succeeded, figures: past.figures, publication: past.number, on: connection)
        }
        var result = RunResult(status: .succeeded)
        result.publicationID = String(past.number)
        result.published = .init(count: past.rows, changed: past.changedRows)
        result.asOf = past.figures.asOf
        result.models = past.models.map {
            let reason = "run \(past.runID) has published with it"
            return .init(name: $0.name, version: $0.version, trained: $0.isNew, reason: reason)
        }
        result.rows = past.figures.account.map { .init($0) }
        result.data = .init(
            newestPurchaseOn: past.figures.newestPurchaseOn,
            purchases: past.figures.purchases ?? 0,
            customers: past.figures.customers ?? 0,
            newSinceFit: 0
        )
        result.totals = past.totals
        return result
    }

    private func forecast(
        _ found: inout Findings,
        _ ledger: RunLedger,
        _ lease: Lease,
        _ stream: inout EventStream
    ) throws -> RunResult {
        let control = WorkControl.ofThisRun
        try FutureAsOf.refuse(plan.asOf, today: zone.day(of: startedAt))
        let purchases = try cleaned(&found, &stream)
        let summaries = try stream.stage(.features, rows: \.count) { _ in
            Features.summarise(purchases, control.team)
        }
        let counts = Features.countDays(purchases)
        try stream.warnOfSilence(counts)
        let models = try ModelChoice(self).models(
            for: purchases,
            summaries,
            counts,
            &stream,
            control
        )
        var result = RunResult(status: .succeeded)
        result.asOf = purchases.asOf
        result.models = models.used
        result.season = models.season.reason
        result.pastTotals = models.pastTotals.sentence
        result.drift = models.drift
        result.oneTimers = models.pastTotals.oneTimers?.sentence
        result.rows = found.figures.account.map { .init($0) }
        result.data = .init(purchases, newSinceFit: models.newPurchases(in: purchases))
        guard settings.job.kind != .train else {
            try ledger.close(
                .succeeded,
                figures: found.figures,
                on: try ledger.destination.connect()
            )
            try Aftermath(self, ledger.destination).removeRecords(stream)
            return result
        }
        let outcome = try JobPublication(self, ledger, lease).publish(
            models,
            purchases,
            counts,
            found.figures,
            &stream,
            control
        )
        result.publicationID = outcome.publicationID
        result.published = outcome.published
        result.totals = outcome.scores.totals
        result.newcomers = outcome.scores.newcomerSentence
        return result
    }

    /// Reads and cleans the source; the findings say how far it came when it fails.
    private func cleaned(
        _ found: inout Findings,
        _ stream: inout EventStream
    ) throws -> Ledger {
        let source = SourceReading(self)
        let rows = try stream.stage(.ingest, rows: \.count) { _ in try source.read() }
        try Cancellation.check()
        let rules = CleaningRules(
            asOf: asOf,
            today: zone.day(of: startedAt),
            rejectedRowsKept: settings.job.rejectedRowsKept
        )
        do {
            let purchases = try stream.stage(.clean, rows: \.ledger.purchaseDays) { _ in
                try rows.cleaned(by: rules)
            }
            found.take(purchases)
            try MemoryNeed.refuse(purchases.ledger, limit: settings.job.timing.memoryLimit)
            return purchases.ledger
        } catch let error as CleaningError {
            found.figures.account = error.account
            throw error
        }
    }

    func destination() throws -> Destination {
        try Destination(
            schema: settings.destination.schema,
            tenant: plan.tenant,
            job: plan.job,
            connect: opener(of: settings.destination.connection)
        )
    }

    /// The last complete day in the tenant's zone unless the plan names another.
    var asOf: Day { plan.asOf ?? zone.lastCompleteDay(at: startedAt) }

    /// Opens sessions that a cancelled run does not wait for.
    func opener(of connection: ConnectionSettings) -> @Sendable () throws -> Connection {
        let name = Connection.applicationName(
            tenant: plan.tenant,
            job: plan.job,
            run: plan.runID
        )
        return { try Connection(connection, applicationName: name) { Cancellation.isRequested } }
    }
}

/// What a run knows of its data when it ends, however it ends.
struct Findings {
    var figures = RunFigures()

    mutating func take(_ purchases: CleanedPurchases) {
        let ledger = purchases.ledger
        figures.asOf = ledger.asOf
        figures.account = purchases.account
        figures.newestPurchaseOn = ledger.day.max().map(Day.init(number:))
        figures.purchases = ledger.purchaseDays
        figures.customers = ledger.customerCount
    }
}
