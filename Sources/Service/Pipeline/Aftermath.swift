import Configuration
import Domain
import Evaluation
import Publishing

/// What a run does for earlier forecasts once its own is published: those whose horizon has passed
/// are scored, and what nobody needs any more goes.
///
/// Nothing here can harm the publication, so what goes wrong is a warning, and the next run tries
/// again. The lease has been given back: nobody waits for this.
struct Aftermath {
    private let settings: JobSettings
    private let destination: Destination

    init(_ run: JobRun, _ destination: Destination) {
        settings = run.settings.job
        self.destination = destination
    }

    func run(_ purchases: Ledger, _ stream: borrowing EventStream) throws {
        do {
            try scorePassedHorizons(purchases)
        } catch {
            try stream.warn(problem(behind: error).report)
        }
        let problems = OldPublications.remove(
            keeping: settings.keepPublications,
            scoring: settings.scoredPublications,
            in: destination
        )
        for problem in problems { try stream.warn(problem) }
        try removeRecords(stream)
    }

    /// Of a job that never publishes too.
    func removeRecords(_ stream: borrowing EventStream) throws {
        let problems = OldRecords.remove(
            historyDays: settings.historyDays,
            rejectedDays: settings.rejectedDays,
            in: destination
        )
        for problem in problems { try stream.warn(problem) }
    }

    private func scorePassedHorizons(_ purchases: Ledger) throws {
        let connection = try destination.connect()
        let passed = try PassedHorizon.all(by: purchases.asOf, in: destination, on: connection)
        for horizon in passed {
            var score = RealisedScore(
                asOf: horizon.asOf,
                horizonDays: horizon.days,
                ledger: purchases,
                seed: UInt64(horizon.publication) << 16 | UInt64(horizon.days)
            )
            let totals = try horizon.read(in: destination, on: connection) { customer, forecast in
                score.add(customer, forecast)
            }
            try horizon.write(score.scores(against: totals), in: destination, on: connection)
        }
    }
}
