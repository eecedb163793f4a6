package import Domain
import JSONCoding
package import Scheduling
package import WorkerContract

/// What the service must not forget: runs, due times, holds, checks and who asked for what.
///
/// `state.db` in the state directory, written with a write-ahead log. Changes gather in one
/// transaction until `commit`, which the event loop calls once each turn. Then the log goes to disk
/// in the background, and what must not come before waits for that: replies to changes, and spawns.
package final class StateDatabase {
    /// How much is kept for each job, each run, and in all.
    package var runsKept = 200
    package var daysKept = 400
    package static let checksKept = 100
    package static let eventsKept = 1000
    package static let auditKept = 10_000

    private let lock: StateLock
    let database: SQLite
    private let log: LogSync

    /// Takes the directory, and makes it and the database when they are not there.
    package init(directory: String) throws(StateError) {
        lock = try StateLock.take(directory)
        database = try SQLite(path: directory + "/state.db")
        try Schema.prepare(database)
        log = LogSync(of: database.path)
    }

    /// Writes what must not be lost, which begins its way to disk; the events of a run that goes on
    /// may wait.
    ///
    /// - Returns: the number of the commit that holds all that was changed; see `isOnDisk`.
    @discardableResult
    package func commit() throws(StateError) -> UInt64 {
        if try database.commit() { try log.wasWritten() }
        return log.written
    }

    /// Writes what may have waited, too.
    package func commitAll() throws(StateError) {
        if try database.commit(isForced: true) { try log.wasWritten() }
    }

    /// Whether a commit, or all of them, would survive the machine.
    package func isOnDisk(_ commit: UInt64? = nil) -> Bool { commit ?? log.written <= log.onDisk }

    /// Readable when more may be on disk, for `noteSync`; nil where commits wait for the disk.
    package var syncDescriptor: Int32? { log.descriptor }

    package func noteSync() throws(StateError) { try log.noteEnded() }

    /// Waits until all is on disk that was committed.
    package func waitForDisk() throws(StateError) { try log.wait() }

    /// Moves what was committed from the log to the database, which takes two syncs: for quiet times.
    package func tidy() throws(StateError) { try database.renewLog() }

    // MARK: Runs

    /// Writes a run; its result stays as it is.
    package func save(_ run: ScheduledRun) throws(StateError) {
        try database.change(
            """
            insert into runs (\(RunRow.columns)) values (\(RunRow.placeholders))
            on conflict (id) do update set \(RunRow.updates)
            """,
            RunRow.values(run)
        )
        if run.state.isFinal {
            try database.change(
                """
                delete from runs where tenant = ?1 and job = ?2 and finished_at is not null
                and state in ('succeeded', 'failed', 'cancelled') and queued_at < (
                    select queued_at from runs where tenant = ?1 and job = ?2
                    order by queued_at desc limit 1 offset \(runsKept - 1))
                and \(StateDatabase.isNotLastGood)
                """,
                [.text(run.key.tenant), .text(run.key.job)]
            )
            let oldest = oldestKept(run.queuedAt)
            try database.change(
                "delete from checks where tenant = ?1 and job = ?2 and at < ?3",
                [.text(run.key.tenant), .text(run.key.job), .integer(oldest.microseconds)]
            )
            try forgetOldRuns(at: run.queuedAt)
        }
    }

    /// Readers see what that run published, and freshness counts from it.
    private static let isNotLastGood = """
        rowid is not (select max(rowid) from runs where tenant = ?1 and job = ?2
            and state = 'succeeded')
        """

    private func oldestKept(_ now: Instant) -> Instant { now + -Double(daysKept) * 86_400 }

    /// Old runs go, of removed jobs as well, but never the last good one of a job that is there.
    ///
    /// Only so many at once, the oldest first: a shorter history must not keep callers waiting.
    package func forgetOldRuns(at now: Instant) throws(StateError) {
        try database.change(
            StateDatabase.forgettingOldRuns,
            [.integer(oldestKept(now).microseconds), .integer(StateDatabase.forgottenAtOnce)]
        )
    }

    static let forgottenAtOnce: Int64 = 200

    /// Reads what is old by the index over time, and of the rest nothing; the plus sign keeps the
    /// index over states, which would sort all that is old, out of it.
    static let forgettingOldRuns = """
        delete from runs where rowid in (
            select rowid from runs as r
            where queued_at < ?1 and +state in ('succeeded', 'failed', 'cancelled')
            and (not exists (select 1 from jobs where tenant = r.tenant and job = r.job)
                or rowid is not (
                    select max(rowid) from runs where tenant = r.tenant and job = r.job
                    and state = 'succeeded'))
            order by queued_at limit ?2)
        """

    package func save(_ result: RunResult, ofRun id: String) throws(StateError) {
        let values: [SQLValue] = [.text(RunRow.json(result)), .text(id)]
        try database.change("update runs set result = ? where id = ?", values)
    }

    /// The runs that are queued, running or interrupted, oldest first.
    package func openRuns() throws(StateError) -> [ScheduledRun] {
        try database.query(
            """
            select \(RunRow.columns), result from runs
            where state in ('queued', 'running', 'interrupted') order by queued_at, id
            """,
            []
        ) { row throws(StateError) in try RunRow.read(row, self.database.path).run }
    }

    package func run(id: String) throws(StateError) -> StoredRun? {
        try database.query(
            "select \(RunRow.columns), result from runs where id = ?",
            [.text(id)]
        ) { row throws(StateError) in try RunRow.read(row, self.database.path) }.first
    }

    /// Newest first.
    package func runs(
        tenant: String? = nil,
        job: String? = nil,
        state: ScheduledRun.State? = nil,
        limit: Int
    ) throws(StateError) -> [StoredRun] {
        var conditions: [(String, String)] = []
        if let tenant { conditions.append(("tenant", tenant)) }
        if let job { conditions.append(("job", job)) }
        if let state { conditions.append(("state", state.rawValue)) }
        let filter = conditions.map { "\($0.0) = ?" }.joined(separator: " and ")
        return try database.query(
            """
            select \(RunRow.columns), result from runs
            \(filter.isEmpty ? "" : "where \(filter)") order by queued_at desc, id desc limit ?
            """,
            conditions.map { .text($0.1) } + [.integer(Int64(limit))]
        ) { row throws(StateError) in try RunRow.read(row, self.database.path) }
    }

    /// The run of a job that was kept last, whatever the clock said.
    package func newestRun(of key: JobKey) throws(StateError) -> StoredRun? {
        try database.query(
            """
            select \(RunRow.columns), result from runs where rowid = (
                select max(rowid) from runs where tenant = ? and job = ?)
            """,
            [.text(key.tenant), .text(key.job)]
        ) { row throws(StateError) in try RunRow.read(row, self.database.path) }.first
    }

    /// The last run that succeeded, of each job.
    ///
    /// In the order in which they were kept: a run from when the clock was ahead is not the last for ever.
    package func lastGoodRuns() throws(StateError) -> [JobKey: StoredRun] {
        let newest = try database.query(
            """
            select \(RunRow.columns), result from runs where rowid in (
                select max(rowid) from runs where state = 'succeeded' group by tenant, job)
            """
        ) { row throws(StateError) in try RunRow.read(row, self.database.path) }
        return Dictionary(newest.map { ($0.run.key, $0) }) { _, last in last }
    }

    // MARK: Jobs

    package func save(_ job: JobRecord) throws(StateError) {
        try database.change(
            """
            insert into jobs (tenant, job, next_due_at, last_due_at, hold, start_at, is_catch_up,
                missed, memory_bytes, data)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (tenant, job) do update set next_due_at = excluded.next_due_at,
            last_due_at = excluded.last_due_at, hold = excluded.hold,
            start_at = excluded.start_at, is_catch_up = excluded.is_catch_up,
            missed = excluded.missed, memory_bytes = excluded.memory_bytes, data = excluded.data
            """,
            [
                .text(job.key.tenant), .text(job.key.job), SQLValue(job.nextDueAt?.microseconds),
                SQLValue(job.lastDueAt?.microseconds), SQLValue(job.hold.map(RunRow.json)),
                SQLValue(job.startAt?.microseconds), .integer(job.isCatchUp ? 1 : 0),
                .integer(Int64(job.missed)), SQLValue(job.memoryBytes.map { Int64($0) }),
                SQLValue(job.data.map(RunRow.json)),
            ]
        )
        if let check = job.lastCheck { try save(check, of: job.key) }
    }

    private func save(_ check: FreshnessCheck, of key: JobKey) throws(StateError) {
        try database.change(
            "insert or replace into checks values (?, ?, ?, ?, ?, ?)",
            [
                .text(key.tenant), .text(key.job), .integer(check.at.microseconds),
                .text(check.verdict.rawValue), .text(RunRow.json(check.reasons)),
                SQLValue(check.staleSince?.microseconds),
            ]
        )
        try database.change(
            """
            delete from checks where tenant = ?1 and job = ?2 and at < (
                select at from checks where tenant = ?1 and job = ?2
                order by at desc limit 1 offset \(StateDatabase.checksKept - 1))
            """,
            [.text(key.tenant), .text(key.job)]
        )
    }

    package func forget(_ key: JobKey) throws(StateError) {
        let values: [SQLValue] = [.text(key.tenant), .text(key.job)]
        try database.change("delete from jobs where tenant = ? and job = ?", values)
        try database.change("delete from checks where tenant = ? and job = ?", values)
    }

    package func jobs() throws(StateError) -> [JobRecord] {
        try database.query(
            """
            select j.tenant, j.job, next_due_at, last_due_at, hold, start_at, is_catch_up, missed,
                memory_bytes, data, at, verdict, reasons, stale_since
            from jobs j left join checks c on c.tenant = j.tenant and c.job = j.job
            and c.at = (select max(at) from checks where tenant = j.tenant and job = j.job)
            """
        ) { row throws(StateError) in
            var state = JobRecord(key: JobKey(tenant: row.text(0) ?? "", job: row.text(1) ?? ""))
            state.nextDueAt = row.integer(2).map { Instant(microseconds: $0) }
            state.lastDueAt = row.integer(3).map { Instant(microseconds: $0) }
            state.hold = try RunRow.decode(Hold.self, row.text(4), self.database.path)
            state.startAt = row.integer(5).map { Instant(microseconds: $0) }
            state.isCatchUp = row.integer(6) == 1
            state.missed = Int(row.integer(7) ?? 0)
            state.memoryBytes = row.integer(8).map { Int($0) }
            state.data = try RunRow.decode(DataLook.self, row.text(9), self.database.path)
            state.lastCheck = try self.check(row, from: 10)
            return state
        }
    }

    /// Newest first.
    package func checks(of key: JobKey, limit: Int) throws(StateError) -> [FreshnessCheck] {
        try database.query(
            """
            select at, verdict, reasons, stale_since from checks
            where tenant = ? and job = ? order by at desc limit ?
            """,
            [.text(key.tenant), .text(key.job), .integer(Int64(limit))]
        ) { row throws(StateError) in try self.check(row, from: 0) }.compactMap { $0 }
    }

    private func check(_ row: Row, from column: Int) throws(StateError) -> FreshnessCheck? {
        guard let at = row.integer(column),
            let verdict = FreshnessCheck.Verdict(rawValue: row.text(column + 1) ?? "")
        else { return nil }
        let reasons = try RunRow.decode([String].self, row.text(column + 2), database.path)
        return FreshnessCheck(
            at: Instant(microseconds: at),
            verdict: verdict,
            reasons: reasons ?? [],
            staleSince: row.integer(column + 3).map { Instant(microseconds: $0) }
        )
    }

    // MARK: Events and audit

    /// Keeps a line of a run's history; the first thousand, then none.
    ///
    /// It reaches the disk with the next change that matters: after a crash the run begins anew.
    package func append(event line: String, ofRun id: String) throws(StateError) {
        try database.change(
            """
            insert into events select ?1, coalesce(max(number), 0) + 1, ?2 from events
            where run_id = ?1 having count(*) < \(StateDatabase.eventsKept)
            """,
            [.text(id), .text(line)],
            mayWait: true
        )
    }

    package func events(ofRun id: String) throws(StateError) -> [String] {
        try database.query(
            "select line from events where run_id = ? order by number",
            [.text(id)]
        ) { $0.text(0) ?? "" }
    }

    /// Keeps who asked for what, and what came of it.
    package func audit(_ entry: AuditEntry) throws(StateError) {
        try database.change(
            "insert into audit (at, uid, pid, route, outcome) values (?, ?, ?, ?, ?)",
            [
                .integer(entry.at.microseconds), .integer(Int64(entry.uid)),
                .integer(Int64(entry.pid)), .text(entry.route), .text(entry.outcome),
            ]
        )
        try database.change(
            """
            delete from audit where number <= (select max(number) from audit) \
            - \(StateDatabase.auditKept)
            """,
            []
        )
    }

    /// Newest first.
    package func auditEntries(limit: Int) throws(StateError) -> [AuditEntry] {
        try database.query(
            "select at, uid, pid, route, outcome from audit order by number desc limit ?",
            [.integer(Int64(limit))]
        ) { row in
            AuditEntry(
                at: Instant(microseconds: row.integer(0) ?? 0),
                uid: UInt32(clamping: row.integer(1) ?? 0),
                pid: Int32(clamping: row.integer(2) ?? 0),
                route: row.text(3) ?? "",
                outcome: row.text(4) ?? ""
            )
        }
    }
}

/// A run with what its worker told at the end.
package struct StoredRun: Hashable, Sendable {
    package var run: ScheduledRun
    package var result: RunResult?
}

/// One mutating call on the control socket.
package struct AuditEntry: Hashable, Sendable {
    package var at: Instant
    package var uid: UInt32
    package var pid: Int32
    package var route: String
    package var outcome: String

    package init(at: Instant, uid: UInt32, pid: Int32, route: String, outcome: String) {
        self.at = at
        self.uid = uid
        self.pid = pid
        self.route = route
        self.outcome = outcome
    }
}
