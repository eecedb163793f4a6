import Cleaning
import Domain
import Features
import FileSystem
import Ingestion
import JSONCoding
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
        let purchases = try cleaned(&stream)
        let ledger = purchases.ledger
        let summaries = try stream.stage(.features, rows: \.count) { _ in
            Features.summarise(ledger, control.team)
        }
        let trained = try stream.fitting(settings.models, to: summaries, control)
        let totals = try stream.stage(.score, rows: { _ in summaries.count }) { _ in
            try score(summaries, ledger.customers, trained, control)
        }
        try writeRejected(purchases.account)
        var seconds = Dictionary(
            uniqueKeysWithValues: stream.seconds.map { ($0.key.rawValue, $0.value) }
        )
        seconds["total"] = control.clock() - start
        if let path = settings.report {
            let report = PipelineReport(
                asOf: ledger.asOf,
                rows: .init(purchases.account),
                customers: .init(summaries),
                models: trained.models,
                totals: totals,
                seconds: seconds,
                peakMemoryBytes: PeakMemory.bytes
            )
            let text = try JSONCoding.encode(report, pretty: true) + [10]
            try FileSystem.replace(path, with: text, mode: 0o644)
        }
        return result(purchases, trained, totals)
    }

    private func cleaned(_ stream: inout EventStream) throws -> CleanedPurchases {
        let rows = try stream.stage(.ingest, rows: \.count) { _ in
            try CSVSource(
                path: settings.path,
                columns: settings.columns,
                isCancelled: { Cancellation.isRequested }
            ).read()
        }
        try Cancellation.check()
        do {
            return try stream.stage(.clean, rows: \.ledger.purchaseDays) { _ in
                try clean(rows, by: CleaningRules(asOf: plan.asOf))
            }
        } catch let error as CleaningError {
            try writeRejected(error.account)
            throw error
        }
    }

    private func score(
        _ summaries: CustomerSummaries,
        _ customers: StringPool,
        _ trained: TrainedModels,
        _ control: WorkControl
    ) throws -> [ForecastTotal] {
        let scorer = try Scorer(
            trained.models,
            of: catalogue,
            for: summaries,
            horizonsDays: settings.horizons.map(\.days),
            ValueTerms(),
            control.team
        )
        let table = ForecastTable(
            customers: customers,
            labels: .init(
                tenant: plan.tenant,
                job: plan.job,
                model: trained.models.map(\.name).joined(separator: "+"),
                modelVersion: "",
                changedAt: Clock.system.now().wholeSeconds
            )
        )
        return try TableTarget.write(settings.output) { put in
            try put(Array(ForecastTable.header.utf8))
            return try scorer.score(control.team, encode: table.rows) { rows in
                try Cancellation.check()
                try put(rows)
            }
        }
    }

    private func writeRejected(_ account: RowAccount) throws {
        guard let path = settings.rejected else { return }
        var text = "row_number,reasons,raw\n"
        for row in account.kept {
            let reasons = row.reasons.map(\.rawValue).joined(separator: ";")
            text += "\(row.rowNumber),\(reasons),\(csvCell(row.raw))\n"
        }
        try FileSystem.replace(path, with: Array(text.utf8), mode: 0o644)
    }

    private func result(
        _ purchases: CleanedPurchases,
        _ trained: TrainedModels,
        _ totals: [ForecastTotal]
    ) -> RunResult {
        var result = RunResult(status: .succeeded)
        result.asOf = purchases.ledger.asOf
        result.models = trained.models.map {
            .init(name: $0.name, version: "", trained: true, reason: "fitted to the file")
        }
        result.rows = .init(purchases.account)
        result.data = .init(purchases.ledger, newSinceFit: 0)
        result.totals = totals
        return result
    }
}

/// Where a table goes: a file that appears whole, or the descriptor that the launcher passed.
private enum TableTarget {
    private static let passedDescriptor: Int32 = 3

    static func write<Value>(
        _ path: String?,
        _ body: (_ put: ([UInt8]) throws -> Void) throws -> Value
    ) throws -> Value {
        guard let path else {
            return try body { try writeFully(passedDescriptor, $0, name: "the table") }
        }
        var file = try NewFile(path, mode: 0o644)
        let descriptor = file.descriptor
        let value = try body { try writeFully(descriptor, $0, name: "file \"\(path)\"") }
        try file.commit()
        return value
    }
}

extension EventStream {
    /// The training stage, with its warnings told.
    mutating func fitting(
        _ names: [String],
        to summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws -> TrainedModels {
        let trained = try stage(.train, rows: { (_: borrowing TrainedModels) in summaries.count }) {
            stream in
            try Training.fit(names, of: catalogue, to: summaries, control) { done, total in
                // A progress line that nobody takes is no reason to stop a fit.
                try? stream.send(.progress(.train, done: done, total: total, unit: "models"))
            }
        }
        for warning in trained.warnings + trained.models.flatMap(\.warnings) { try warn(warning) }
        return trained
    }
}

extension RunResult.Rows {
    init(_ account: RowAccount) {
        self.init(read: account.read, accepted: account.accepted, rejected: account.rejected)
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
