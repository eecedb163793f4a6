import Domain
import JSONCoding
import Scheduling
import WorkerContract

/// A run as a row of the table.
enum RunRow {
    private static let names = [
        "id", "tenant", "job", "state", "attempt", "crashes", "interruptions", "due_at", "as_of",
        "retrain", "reasons", "stale_since", "queued_at", "not_before", "started_at", "finished_at",
        "is_cancelling", "error",
    ]
    static let columns = names.joined(separator: ", ")
    static let placeholders = names.map { _ in "?" }.joined(separator: ", ")
    static let updates = names.dropFirst().map { "\($0) = excluded.\($0)" }
        .joined(separator: ", ")

    static func values(_ run: ScheduledRun) -> [SQLValue] {
        [
            .text(run.id), .text(run.key.tenant), .text(run.key.job), .text(run.state.rawValue),
            .integer(Int64(run.attempt)), .integer(Int64(run.crashes)),
            .integer(Int64(run.interruptions)), SQLValue(run.dueAt?.microseconds),
            SQLValue(run.asOf?.description), .integer(run.retrain ? 1 : 0),
            .text(json(run.reasons)), SQLValue(run.staleSince?.microseconds),
            .integer(run.queuedAt.microseconds), SQLValue(run.notBefore?.microseconds),
            SQLValue(run.startedAt?.microseconds), SQLValue(run.finishedAt?.microseconds),
            .integer(run.isCancelling ? 1 : 0), SQLValue(run.error.map(json)),
        ]
    }

    /// Reads the columns in their order, and the result behind them.
    static func read(_ row: Row, _ path: String) throws(StateError) -> StoredRun {
        func instant(_ column: Int) -> Instant? {
            row.integer(column).map { Instant(microseconds: $0) }
        }
        guard let id = row.text(0), let tenant = row.text(1), let job = row.text(2),
            let state = ScheduledRun.State(rawValue: row.text(3) ?? ""), let queuedAt = instant(12)
        else { throw .damaged(path: path, cause: "a row of table runs is incomplete") }
        var run = ScheduledRun(id: id, key: JobKey(tenant: tenant, job: job), queuedAt: queuedAt)
        run.state = state
        run.attempt = Int(row.integer(4) ?? 1)
        run.crashes = Int(row.integer(5) ?? 0)
        run.interruptions = Int(row.integer(6) ?? 0)
        run.dueAt = instant(7)
        run.asOf = row.text(8).flatMap { Day($0) }
        run.retrain = row.integer(9) == 1
        run.reasons = try decode([String].self, row.text(10), path) ?? []
        run.staleSince = instant(11)
        run.notBefore = instant(13)
        run.startedAt = instant(14)
        run.finishedAt = instant(15)
        run.isCancelling = row.integer(16) == 1
        run.error = try decode(ProblemReport.self, row.text(17), path)
        let result = try decode(RunResult.self, row.text(18), path)
        return StoredRun(run: run, result: result)
    }

    static func json(_ value: some Encodable) -> String {
        do { return try JSONCoding.text(value) } catch {
            // Only a number that JSON cannot say can fail here, and these values hold none but
            // what was JSON before.
            preconditionFailure("a value of the state has no JSON form: \(error)")
        }
    }

    static func decode<Value: Decodable>(
        _ type: Value.Type,
        _ text: String?,
        _ path: String
    ) throws(StateError) -> Value? {
        guard let text else { return nil }
        do { return try JSONCoding.decode(type, from: text.utf8) } catch {
            throw .damaged(path: path, cause: "\(error)")
        }
    }
}
