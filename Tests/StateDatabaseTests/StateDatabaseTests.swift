import Domain
import FileSystem
import Glibc
import Scheduling
import TestSupport
import Testing
import WorkerContract

@testable import StateDatabase

private let acme = JobKey(tenant: "acme", job: "monthly")
private let noon = Instant("2026-11-20T12:00:00Z") ?? Instant(seconds: 0)

private func fullRun() -> ScheduledRun {
    var run = ScheduledRun(id: "r-261120-abcde", key: acme, queuedAt: noon)
    run.state = .running
    run.attempt = 3
    run.crashes = 1
    run.interruptions = 2
    run.dueAt = noon + -60
    run.asOf = Day(year: 2026, month: 11, day: 19)
    run.retrain = true
    run.reasons = ["model_age", "ein \"Grund\" 'ü'"]
    run.staleSince = noon + -86_400
    run.notBefore = noon + 1
    run.startedAt = noon + 2.5
    run.finishedAt = noon + 3
    run.isCancelling = true
    run.error = ProblemReport(code: "x", message: "y", cause: "z", fix: nil)
    return run
}

@Suite struct StateDatabaseTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func open() throws -> StateDatabase { try StateDatabase(directory: folder.path) }

    @Test func `what is saved and committed is read back whole`() throws {
        var result = RunResult(status: .succeeded)
        result.publicationID = "p1"
        result.rows = RunResult.Rows(read: 3, accepted: 2, rejected: 1)
        var job = JobRecord(key: acme)
        job.nextDueAt = noon + 3600
        job.lastDueAt = noon
        job.lastCheck = FreshnessCheck(
            at: noon,
            verdict: .stale,
            reasons: ["model_age"],
            staleSince: noon + -5
        )
        job.hold = Hold(
            since: noon,
            runID: "r",
            failureClass: .refused,
            error: ProblemReport(code: "c", message: "m"),
            fingerprint: "f"
        )
        do {
            let state = try open()
            try state.save(fullRun())
            try state.save(result, ofRun: fullRun().id)
            try state.save(job)
            try state.append(event: #"{"type":"run_started"}"#, ofRun: fullRun().id)
            try state.commit()
        }
        let state = try open()
        #expect(try state.run(id: fullRun().id) == StoredRun(run: fullRun(), result: result))
        #expect(try state.openRuns() == [fullRun()])
        #expect(try state.jobs() == [job])
        #expect(try state.checks(of: acme, limit: 10) == [job.lastCheck].compactMap { $0 })
        #expect(try state.events(ofRun: fullRun().id) == [#"{"type":"run_started"}"#])
        try state.forget(acme)
        #expect(try state.jobs().isEmpty)
    }

    @Test func `a second holder of the directory is refused and told the first one's pid`() throws {
        let first = try open()
        let error = #expect(throws: StateError.self) { try open() }
        #expect(
            error?.message
                == "state directory \"\(folder.path)\" is in use by another clvd, pid \(getpid())"
        )
        withExtendedLifetime(first) {}
    }

    @Test func `the lock goes with its holder`() throws {
        _ = try open()
        _ = try open()
    }

    @Test func `a killed writer leaves what it committed and nothing of what it did not`()
        async throws
    {
        await #expect(processExitsWith: .signal(SIGKILL)) {
            let path = "/tmp/clvd-test-state-killed"
            try? FileSystem.remove(path)
            let state = try StateDatabase(directory: path)
            for number in 0..<50 {
                var run = fullRun()
                run.id = "r\(number)"
                try state.save(run)
                if number == 29 { try state.commit() }
            }
            kill(getpid(), SIGKILL)
        }
        defer { try? FileSystem.remove("/tmp/clvd-test-state-killed") }
        let state = try StateDatabase(directory: "/tmp/clvd-test-state-killed")
        #expect(try state.openRuns().count == 30)
        try state.save(fullRun())
        try state.commit()
    }

    @Test func `a commit reaches the disk while the caller goes on, and the descriptor tells`()
        throws
    {
        let state = try open()
        let descriptor = try #require(state.syncDescriptor, "this kernel syncs in the background")
        #expect(state.isOnDisk())
        var last: UInt64 = 0
        for number in 0..<20 {
            var run = fullRun()
            run.id = "r\(number)"
            try state.save(run)
            let commit = try state.commit()
            #expect(commit > last)
            last = commit
        }
        #expect(try state.commit() == last, "nothing was left to write")
        // One sync at a time: the second covers all that came during the first.
        var syncs = 0
        while !state.isOnDisk() {
            var news = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            #expect(unsafe poll(&news, 1, 10_000) == 1, "no news within ten seconds")
            try state.noteSync()
            syncs += 1
        }
        #expect(syncs <= 3 && state.isOnDisk(last) && !state.isOnDisk(last + 1))
        try state.save(fullRun())
        try state.commit()
        try state.waitForDisk()
        #expect(state.isOnDisk())
        try state.tidy()
        #expect(try state.openRuns().count == 21)
    }

    @Test func `a long log is emptied into the database by itself`() throws {
        let state = try open()
        let text = String(repeating: "x", count: 4000)
        for number in 0..<30 {
            var run = fullRun()
            run.id = "r\(number)"
            run.state = .succeeded
            try state.save(run)
            for _ in 0..<200 { try state.append(event: text, ofRun: run.id) }
            try state.commit()
        }
        func size(_ name: String) -> Int {
            var found = stat()
            return unsafe stat(folder.path + name, &found) == 0 ? Int(found.st_size) : -1
        }
        #expect((1..<24 << 20).contains(size("/state.db-wal")), "\(size("/state.db-wal"))")
        #expect(size("/state.db") > 8 << 20)
    }

    @Test func `a file that is no database is named, and what to do about it`() throws {
        try FileSystem.replace(
            folder.path + "/state.db",
            with: [UInt8](repeating: 65, count: 8192)
        )
        let error = #expect(throws: StateError.self) { try open() }
        #expect(error?.message == "state database \"\(folder.path)/state.db\" is damaged")
        #expect(error?.fix?.hasPrefix("move \(folder.path)/state.db and the -wal") == true)
    }

    @Test func `a damaged page is found at the start`() throws {
        do {
            let state = try open()
            for number in 0..<200 {
                var run = fullRun()
                run.id = "r\(number)"
                try state.save(run)
            }
            try state.commit()
        }
        let path = folder.path + "/state.db"
        var bytes = try FileSystem.read(path)
        try #require(bytes.count > 5 * 4096)
        for index in 4096..<bytes.count { bytes[index] ^= 0x5A }
        try FileSystem.replace(path, with: bytes)
        let error = #expect(throws: StateError.self) { try open() }
        #expect(error?.code == "state_damaged")
    }

    @Test func `the file of a newer program is left alone`() throws {
        do {
            let database = try SQLite(path: folder.path + "/state.db")
            try database.run("pragma user_version = 3")
        }
        #expect(
            throws: StateError.foreignVersion(
                path: folder.path + "/state.db",
                found: 3,
                known: 2
            )
        ) { try open() }
    }

    @Test func `histories are bounded`() throws {
        let state = try open()
        for number in 0..<300 {
            var run = ScheduledRun(id: "r\(number)", key: acme, queuedAt: noon + Double(number))
            run.state = number == 3 ? .queued : .succeeded
            run.finishedAt = number == 3 ? nil : noon + Double(number)
            try state.save(run)
        }
        let runs = try state.runs(tenant: "acme", job: "monthly", limit: 1000)
        #expect(runs.count == 200 + 1, "a run that is not over is kept")
        #expect(runs.first?.run.id == "r299")
        for _ in 0..<(StateDatabase.eventsKept + 50) { try state.append(event: "e", ofRun: "r299") }
        #expect(try state.events(ofRun: "r299").count == StateDatabase.eventsKept)
        var job = JobRecord(key: acme)
        for number in 0..<150 {
            job.lastCheck = FreshnessCheck(
                at: noon + Double(number),
                verdict: .fresh,
                reasons: []
            )
            try state.save(job)
        }
        #expect(try state.checks(of: acme, limit: 1000).count == StateDatabase.checksKept)
        #expect(try state.runs(state: .queued, limit: 9).map(\.run.id) == ["r3"])
    }

    @Test func `old runs go, but never the last good one`() throws {
        let state = try open()
        state.daysKept = 30
        try state.save(JobRecord(key: acme))
        for number in 0..<100 {
            var run = ScheduledRun(
                id: "r\(number)",
                key: acme,
                queuedAt: noon + Double(number) * 86_400
            )
            run.state = number == 0 ? .succeeded : .failed
            run.finishedAt = run.queuedAt
            try state.save(run)
        }
        let left = try state.runs(tenant: "acme", job: "monthly", limit: 1000).map(\.run.id)
        #expect(left == (69..<100).reversed().map { "r\($0)" } + ["r0"])
    }

    @Test func `the last run is the one that was kept last, whatever the clock said`() throws {
        let state = try open()
        try state.save(JobRecord(key: acme))
        let year = 366.0 * 86_400
        let kept: [(String, Double, ScheduledRun.State)] = [
            ("before", 0, .succeeded), ("ahead", year, .succeeded), ("back", 60, .succeeded),
            ("later", 120, .failed),
        ]
        for (id, seconds, outcome) in kept {
            var run = ScheduledRun(id: id, key: acme, queuedAt: noon + seconds)
            try state.save(run)
            run.state = outcome
            run.finishedAt = run.queuedAt
            try state.save(run)
        }
        #expect(try state.lastGoodRuns()[acme]?.run.id == "back")
        #expect(try state.newestRun(of: acme)?.run.id == "later")
        // The run that readers see stays, though all are old and another looks newer.
        try state.forgetOldRuns(at: noon + 10 * year)
        #expect(try state.runs(limit: 9).map(\.run.id) == ["back"])
    }

    @Test func `the last good run of a job stays, however many came after it`() throws {
        let state = try open()
        state.runsKept = 10
        for number in 0..<30 {
            var run = ScheduledRun(
                id: "r\(number)",
                key: JobKey(tenant: "acme", job: "monthly"),
                queuedAt: noon + Double(number)
            )
            run.state = number == 3 ? .succeeded : .cancelled
            run.finishedAt = run.queuedAt
            try state.save(run)
        }
        let left = try state.runs(tenant: "acme", job: "monthly", limit: 100).map(\.run.id)
        #expect(left == (20..<30).reversed().map { "r\($0)" } + ["r3"])
        #expect(try state.lastGoodRuns().values.map(\.run.id) == ["r3"])
    }

    /// A run of the job that ended so many days after noon.
    private func run(_ id: String, _ job: String, day: Int, _ state: ScheduledRun.State)
        -> ScheduledRun
    {
        var run = ScheduledRun(
            id: id,
            key: JobKey(tenant: "acme", job: job),
            queuedAt: noon + Double(day) * 86_400
        )
        run.state = state
        run.finishedAt = state.isFinal ? run.queuedAt : nil
        return run
    }

    @Test func `the runs of a removed job stay to be read until they are old`() throws {
        let state = try open()
        state.daysKept = 30
        for job in ["gone", "there"] {
            try state.save(JobRecord(key: JobKey(tenant: "acme", job: job)))
        }
        try state.save(run("g0", "gone", day: 0, .succeeded))
        try state.append(event: "e", ofRun: "g0")
        try state.save(run("g20", "gone", day: 20, .failed))
        try state.save(run("g-open", "gone", day: 1, .interrupted))
        try state.save(run("t0", "there", day: 0, .succeeded))
        try state.forget(JobKey(tenant: "acme", job: "gone"))
        func left() throws -> Set<String> { Set(try state.runs(limit: 100).map(\.run.id)) }
        try state.forgetOldRuns(at: noon + 29 * 86_400)
        #expect(try left() == ["g0", "g20", "g-open", "t0"])
        // With the end of any run.
        try state.save(run("t31", "there", day: 31, .failed))
        #expect(try left() == ["g20", "g-open", "t0", "t31"], "t0 is the last good one")
        #expect(try state.events(ofRun: "g0").isEmpty)
        try state.forgetOldRuns(at: noon + 100 * 86_400)
        #expect(try left() == ["g-open", "t0"], "one goes on when its job comes back")
        try state.forget(JobKey(tenant: "acme", job: "there"))
        try state.forgetOldRuns(at: noon + 100 * 86_400)
        #expect(try left() == ["g-open"])
    }

    @Test func `a history that became much shorter goes in steps, the oldest first`() throws {
        let state = try open()
        for number in 0..<500 {
            try state.save(run("r\(number)", "job\(number)", day: number / 250, .failed))
        }
        state.daysKept = 10
        func count() throws -> Int { try state.runs(limit: 1000).count }
        try state.forgetOldRuns(at: noon + 20 * 86_400)
        #expect(try count() == 500 - Int(StateDatabase.forgottenAtOnce))
        #expect(try state.run(id: "r0") == nil && state.run(id: "r250") != nil)
        try state.forgetOldRuns(at: noon + 20 * 86_400)
        try state.forgetOldRuns(at: noon + 20 * 86_400)
        #expect(try count() == 0)
    }

    @Test func `no list and no deletion reads all runs`() throws {
        let state = try open()
        func plan(_ sql: String) throws -> [String] {
            try state.database.query("explain query plan " + sql) { $0.text(3) ?? "" }
        }
        let forgetting = try plan(StateDatabase.forgettingOldRuns)
        #expect(forgetting.contains("SEARCH r USING INDEX runs_by_time (queued_at<?)"))
        #expect(
            !forgetting.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP") },
            "\(forgetting)"
        )
        for (filter, index) in [
            ("state = 'failed'", "SEARCH runs USING INDEX runs_by_state (state=?)"),
            (
                "tenant = 'a' and job = 'b' and state = 'failed'",
                "SEARCH runs USING INDEX runs_by_job (tenant=? AND job=?)"
            ), ("1", "SCAN runs USING INDEX runs_by_time"),
        ] {
            let found = try plan(
                "select id from runs where \(filter) order by queued_at desc, id desc limit 20"
            )
            #expect(found.first == index, "\(found)")
        }
    }

    @Test func `lives and calls are bounded`() throws {
        let state = try open()
        for number in 0..<150 {
            _ = try state.begin(at: noon + Double(number), countingFrom: noon)
        }
        let lives = try state.database.query("select count(*) from lives") { $0.integer(0) ?? 0 }
        #expect(lives == [100])
        for number in 0..<(StateDatabase.auditKept + 50) {
            let pid = Int32(number)
            try state.audit(AuditEntry(at: noon, uid: 0, pid: pid, route: "r", outcome: "200"))
        }
        let entries = try state.auditEntries(limit: 20_000)
        #expect(entries.count == StateDatabase.auditKept && entries.last?.pid == 50)
    }

    @Test func `lives that ended without a word are counted, until one ends in order`() throws {
        let state = try open()
        #expect(try state.begin(at: noon, countingFrom: noon + -600) == 0)
        #expect(try state.begin(at: noon + 10, countingFrom: noon + -590) == 1)
        #expect(try state.begin(at: noon + 20, countingFrom: noon + -580) == 2)
        #expect(try state.begin(at: noon + 700, countingFrom: noon + 100) == 0, "long ago")
        try state.end(lifeFrom: noon + 700, at: noon + 800, inOrder: true)
        #expect(try state.begin(at: noon + 810, countingFrom: noon + 210) == 0)
        #expect(try state.begin(at: noon + 820, countingFrom: noon + 220) == 1)
        // One that said why is no crash, and does not excuse those before it.
        try state.end(lifeFrom: noon + 820, at: noon + 821, inOrder: false)
        #expect(try state.begin(at: noon + 830, countingFrom: noon + 230) == 1)
    }

    @Test func `who asked for what is kept`() throws {
        let state = try open()
        let entry = AuditEntry(
            at: noon,
            uid: 1000,
            pid: 7,
            route: "POST /v1/reload",
            outcome: "200"
        )
        try state.audit(entry)
        #expect(try state.auditEntries(limit: 5) == [entry])
    }

    @Test func `a directory that cannot be made is named`() {
        #expect(throws: StateError.cannotUseDirectory(path: "/proc/none/x", errno: ENOENT)) {
            try StateDatabase(directory: "/proc/none/x")
        }
    }
}
