import Domain
import Scheduling
import Testing

@Suite struct SchedulerTests {
    @Test func `nothing stale at the due time is a recorded check and no run`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        #expect(dialogue.settle() == [])
        #expect(dialogue.scheduler.nextWake(after: dialogue.now) == dialogue.now + 3600)
        #expect(dialogue.sleep(3599) == [])
        #expect(dialogue.sleep(1) == ["check acme/monthly"])
        #expect(dialogue.savedJobs[acme]?.lastCheck?.verdict == .fresh)
        #expect(dialogue.sleep(3600) == ["check acme/monthly"])
    }

    @Test func `a stale job runs at its due time, once`() {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        let start = [
            "check acme/monthly", "r1 queued", "r1 running", "start r1 acme/monthly attempt 1",
        ]
        #expect(dialogue.sleep(3600) == start)
        #expect(dialogue.saved["r1"]?.dueAt == dialogue.now)
        #expect(dialogue.saved["r1"]?.reasons == ["model_age"])
        #expect(dialogue.sleep(3600) == [], "its due time passes while it runs")
        #expect(dialogue.savedJobs[acme]?.lastCheck?.reasons == ["already_running"])
        #expect(dialogue.ended("r1", .succeeded) == ["r1 succeeded"])
    }

    @Test func `slots are shared, people go first, then the job that is stale for longest`() throws
    {
        var dialogue = Dialogue(slots: 1)
        let keys = ["a", "b", "c", "d"].map { JobKey(tenant: $0, job: "j") }
        dialogue.scheduler.configure(keys.map { hourly($0) }, now: dialogue.now)
        dialogue.settle()
        dialogue.now = dialogue.now + 3600
        dialogue.scheduler.advance(to: dialogue.now)
        for case .check(let key, let due) in dialogue.scheduler.takeActions() where key != keys[3] {
            let since = key == keys[2] ? nil : dialogue.now + (key == keys[0] ? -100 : -200)
            dialogue.scheduler.checked(
                key,
                dueAt: due,
                FreshnessCheck(at: dialogue.now, verdict: .stale, reasons: [], staleSince: since)
            )
        }
        _ = try dialogue.scheduler.request(RunRequest(key: keys[3]), now: dialogue.now)
        var order: [String] = []
        var told = dialogue.settle()
        while let start = told.first(where: { $0.hasPrefix("start") }) {
            let words = start.split(separator: " ").map(String.init)
            order.append(words[2])
            told = dialogue.ended(words[1], .succeeded)
        }
        #expect(order == ["d/j", "c/j", "b/j", "a/j"])
    }

    @Test func `one run for each job at a time`() throws {
        var dialogue = Dialogue(slots: 4)
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        let run = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        #expect(throws: Scheduler.Refusal.self) {
            try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        }
        #expect(dialogue.ended(run.id, .succeeded) == ["r1 succeeded"])
        #expect(throws: Scheduler.Refusal.noSuchJob) {
            try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        }
    }

    @Test func `what may pass is tried again, later and later, as long as it would be caught up`()
        throws
    {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        let begin = dialogue.now
        var longest = 5.0
        var attempt = 1
        while dialogue.ended("r1", failure(.transient)) == ["r1 queued"] {
            attempt += 1
            let wake = try #require(dialogue.scheduler.nextWake(after: dialogue.now))
            let delay = wake - dialogue.now
            #expect((0...longest).contains(delay), "full jitter")
            #expect(
                dialogue.sleep(delay) == ["r1 running", "start r1 acme/monthly attempt \(attempt)"]
            )
            longest = min(2 * longest, 1800)
        }
        #expect((50...250).contains(attempt), "a day, a quarter of an hour apart")
        #expect((22 * 3600...24 * 3600).contains(dialogue.now - begin))
        #expect(dialogue.saved["r1"]?.state == .failed)
        #expect(dialogue.savedJobs[acme]?.hold == nil)
        #expect(dialogue.saved["r1"]?.error?.code == "broken")
    }

    @Test func `what is tried again gives way to the next due time`() throws {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        let due = dialogue.now + 3600
        _ = dialogue.sleep(3600)
        // A database that is away for half an hour does not cost the forecast.
        while dialogue.now < due + 1800 {
            #expect(dialogue.ended("r1", failure(.transient)) == ["r1 queued"])
            let wake = try #require(dialogue.scheduler.nextWake(after: dialogue.now))
            #expect(wake < due + 3600)
            #expect(dialogue.sleep(wake - dialogue.now).last?.hasPrefix("start r1") == true)
        }
        while dialogue.ended("r1", failure(.leaseHeld)) == ["r1 queued"] {
            let wake = try #require(dialogue.scheduler.nextWake(after: dialogue.now))
            _ = dialogue.sleep(wake - dialogue.now)
        }
        #expect(dialogue.saved["r1"]?.state == .failed)
        #expect(dialogue.now < due + 3600)
        dialogue.now = due + 3600
        #expect(dialogue.settle().last == "start r2 acme/monthly attempt 1")
    }

    @Test func `a person does not wait for the next attempt`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        _ = dialogue.ended("r1", failure(.transient))
        let same = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        #expect(same.id == "r1")
        #expect(
            dialogue.settle() == ["r1 queued", "r1 running", "start r1 acme/monthly attempt 2"]
        )
    }

    @Test(arguments: [FailureClass.refused, .configuration])
    func `what nobody but people can mend holds the job until they do`(_ kind: FailureClass) throws
    {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        _ = dialogue.sleep(3600)
        #expect(dialogue.ended("r1", failure(kind)) == ["r1 failed"])
        #expect(dialogue.savedJobs[acme]?.hold?.runID == "r1")
        // Other data may be what mends a refusal.
        let look = kind == .refused ? ["check acme/monthly"] : []
        #expect(dialogue.sleep(3600) == look)
        #expect(dialogue.savedJobs[acme]?.lastCheck?.verdict == .skipped)

        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        #expect(dialogue.sleep(3600) == look, "the same configuration changes nothing")
        #expect(dialogue.restart(configured: [hourly(acme)]) == [])
        #expect(dialogue.savedJobs[acme]?.hold != nil, "nor does a restart")
        dialogue.scheduler.configure([hourly(acme, fingerprint: "2")], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.savedJobs[acme]?.hold == nil)
        #expect(dialogue.sleep(3600).contains("check acme/monthly"))
    }

    @Test func `a run by hand ends a hold`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        _ = dialogue.ended("r1", failure(.refused))
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.savedJobs[acme]?.hold == nil)
    }

    @Test func `a worker that keeps crashing is tried three times and then held`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        // A shortage of memory has time to pass.
        for least in [300.0, 900] {
            #expect(dialogue.ended("r1", failure(.crash)) == ["r1 queued"])
            let wake = try #require(dialogue.scheduler.nextWake(after: dialogue.now))
            #expect((least...1.5 * least).contains(wake - dialogue.now))
            #expect(dialogue.sleep(wake - dialogue.now).last?.hasPrefix("start r1") == true)
        }
        #expect(dialogue.ended("r1", failure(.crash)) == ["r1 failed"])
        #expect(dialogue.savedJobs[acme]?.hold?.failureClass == .crash)
    }

    @Test func `another version of the program ends the hold of a crash, and of nothing else`()
        throws
    {
        for (kind, isHeld) in [(FailureClass.crash, false), (.refused, true)] {
            var dialogue = Dialogue()
            dialogue.scheduler.policy.programVersion = "1"
            dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
            _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
            dialogue.settle()
            while dialogue.ended("r1", failure(kind)) == ["r1 queued"] { _ = dialogue.sleep(3600) }
            _ = dialogue.restart(configured: [byHand(acme)])
            #expect(dialogue.savedJobs[acme]?.hold != nil)
            dialogue.scheduler.policy.programVersion = "2"
            _ = dialogue.restart(configured: [byHand(acme)])
            #expect((dialogue.savedJobs[acme]?.hold != nil) == isHeld)
        }
    }
}

@Suite struct StoppingTests {
    @Test func `a run is asked to stop, and killed when it does not`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.scheduler.cancel(id: "r1", byUid, now: dialogue.now)?.isCancelling == true)
        #expect(dialogue.settle() == ["r1 running", "stop r1"])
        #expect(dialogue.saved["r1"]?.isCancelling == true, "the wish survives a restart")
        #expect(dialogue.sleep(29) == [])
        #expect(dialogue.sleep(1) == ["kill r1"])
        #expect(dialogue.sleep(100) == [])
        #expect(dialogue.ended("r1", failure(.crash)) == ["r1 cancelled"])
        let error = dialogue.saved["r1"]?.error
        #expect(error?.message == "uid 7 cancelled the run" && error?.cause == "it broke")
        #expect(dialogue.scheduler.nextWake(after: dialogue.now) == nil)
    }

    @Test func `a success that comes too late for the cancel is a success`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        _ = dialogue.scheduler.cancel(id: "r1", byUid, now: dialogue.now)
        #expect(dialogue.ended("r1", .succeeded).last == "r1 succeeded")
    }

    @Test func `a queued run is cancelled at once, a finished one not at all`() throws {
        var dialogue = Dialogue(slots: 1)
        dialogue.scheduler.configure([byHand(acme), byHand(birch)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.scheduler.cancel(id: "r2", byUid, now: dialogue.now)?.state == .cancelled)
        #expect(dialogue.settle() == ["r2 cancelled"])
        #expect(dialogue.scheduler.cancel(id: "r2", byUid, now: dialogue.now) == nil)
    }

    @Test func `a stop of the service interrupts its runs, and the next start repeats them`() throws
    {
        var dialogue = Dialogue(slots: 1)
        let jobs = [byHand(acme), byHand(birch)]
        dialogue.scheduler.configure(jobs, now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        dialogue.settle()
        dialogue.scheduler.drain(now: dialogue.now)
        #expect(dialogue.settle() == ["stop r1"])
        #expect(!dialogue.scheduler.isIdle)
        #expect(throws: Scheduler.Refusal.stopping) {
            try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        }
        #expect(dialogue.ended("r1", failure(.cancelled)) == ["r1 interrupted"])
        #expect(dialogue.scheduler.isIdle)
        let told = dialogue.restart(configured: jobs)
        #expect(told == ["r1 queued", "r1 running", "start r1 acme/monthly attempt 1"])
        #expect(dialogue.saved["r2"]?.state == .queued)
    }

    @Test func `a killed service repeats its run once, and not for ever`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        for _ in 0..<2 {
            #expect(
                dialogue.restart(configured: [byHand(acme)]) == [
                    "r1 interrupted", "r1 queued", "r1 running", "start r1 acme/monthly attempt 1",
                ]
            )
        }
        #expect(dialogue.restart(configured: [byHand(acme)]) == ["r1 interrupted", "r1 failed"])
        #expect(dialogue.saved["r1"]?.error?.code == "interrupted_too_often")
        #expect(dialogue.savedJobs[acme]?.hold?.failureClass == .crash, "it may be what kills it")
    }

    @Test func `a cancelled run does not come back after a kill of the service`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        _ = dialogue.scheduler.cancel(id: "r1", byUid, now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.restart(configured: [byHand(acme)]) == ["r1 interrupted", "r1 cancelled"])
        #expect(dialogue.saved["r1"]?.error == byUid)
    }

    @Test func `a worker that a stranger stopped starts again, a few times`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        for _ in 0..<5 {
            #expect(dialogue.ended("r1", failure(.cancelled)) == ["r1 queued"])
            #expect(dialogue.sleep(10).last == "start r1 acme/monthly attempt 1")
        }
        #expect(dialogue.ended("r1", failure(.cancelled)) == ["r1 failed"])
    }
}

@Suite struct DueTimeTests {
    @Test func `runs missed while the machine was off start once`() {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        dialogue.now = dialogue.now + 5.5 * 3600
        let told = dialogue.restart(configured: [hourly(acme)])
        #expect(told.filter { $0.hasPrefix("start") }.count == 1)
        #expect(dialogue.ended("r1", .succeeded) == ["r1 succeeded"])
        #expect(dialogue.sleep(1700) == [])
        #expect(dialogue.sleep(100).first == "check acme/monthly")
    }

    @Test func `a clock that is set forward over a due time makes it due, once`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        dialogue.now = dialogue.now + 10 * 3600 + 60
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.settle() == ["check acme/monthly"])
    }

    @Test func `a clock that is set back a little does not repeat a due time`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3610) == ["check acme/monthly"])
        dialogue.now = dialogue.now + -30
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.sleep(60) == [])
        #expect(dialogue.sleep(3600) == ["check acme/monthly"])
    }

    @Test func `a clock that was years ahead does not silence a job for years`() {
        var dialogue = Dialogue()
        let today = dialogue.now
        dialogue.now = today + 4 * 365 * 86_400
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3600) == ["check acme/monthly"])
        dialogue.now = today
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.settle() == [])
        #expect(dialogue.sleep(3600) == ["check acme/monthly"])
    }

    @Test func `a removed job is forgotten with its queue, a degraded tenant's is kept`() throws {
        var dialogue = Dialogue(slots: 1)
        dialogue.scheduler.configure([byHand(acme), hourly(birch)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        dialogue.settle()
        dialogue.scheduler.configure([byHand(acme)], degraded: ["birch"], now: dialogue.now)
        #expect(dialogue.settle() == [])
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        #expect(dialogue.settle() == ["forget birch/daily", "r2 cancelled"])
        #expect(dialogue.saved["r2"]?.error?.code == "job_removed")
        dialogue.scheduler.configure([], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.ended("r1", .succeeded) == ["r1 succeeded"], "what runs may end")
    }

    @Test func `a year of random events never doubles a run or forgets one`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix(state: seed)
        var dialogue = Dialogue(slots: 3)
        let keys = (0..<12).map { JobKey(tenant: "t\($0 % 4)", job: "j\($0)") }
        let jobs = keys.map { hourly($0) }
        dialogue.scheduler.configure(jobs, now: dialogue.now)
        dialogue.settle()
        for step in 0..<5_000 {
            dialogue.stale = Set(keys.filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
            switch Int.random(in: 0..<100, using: &random) {
            case 0:
                _ = dialogue.restart(configured: jobs)
            case 1..<40:
                guard let run = dialogue.scheduler.running.min(by: { $0.id < $1.id }) else { break }
                let outcomes: [RunOutcome] = [
                    .succeeded, .succeeded, failure(.transient), failure(.crash), failure(.refused),
                    failure(.cancelled),
                ]
                _ = dialogue.ended(run.id, outcomes.randomElement(using: &random) ?? .succeeded)
            case 40..<45:
                let key = keys.randomElement(using: &random) ?? acme
                _ = try? dialogue.scheduler.request(RunRequest(key: key), now: dialogue.now)
            case 45..<48:
                if let run = dialogue.scheduler.active.values.min(by: { $0.id < $1.id }) {
                    _ = dialogue.scheduler.cancel(id: run.id, byUid, now: dialogue.now)
                }
            default: _ = dialogue.sleep(Double.random(in: 1...1800, using: &random))
            }
            dialogue.settle()
            let running = dialogue.scheduler.running
            try #require(running.count <= 3, "seed \(seed), step \(step)")
            let open = dialogue.saved.values.filter { !$0.state.isFinal }
            try #require(
                Set(open.map(\.id)) == Set(dialogue.scheduler.active.values.map(\.id)),
                "seed \(seed), step \(step): what is on disk is what is known"
            )
            try #require(Set(open.map(\.key)).count == open.count, "seed \(seed), step \(step)")
            if let wake = dialogue.scheduler.nextWake(after: dialogue.now) {
                try #require(wake > dialogue.now, "seed \(seed), step \(step): a busy loop")
            }
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
