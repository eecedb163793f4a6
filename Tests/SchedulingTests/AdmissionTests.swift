import Domain
import Scheduling
import Testing

@Suite struct AdmissionTests {
    /// Asks for a run of each, and tells which started.
    private func started(_ keys: [JobKey], _ policy: SchedulerPolicy, database: Bool = false) throws
        -> (Dialogue, [String])
    {
        var dialogue = Dialogue()
        dialogue.scheduler.policy = policy
        let jobs = keys.map { key in
            var job = byHand(key)
            if database { job.servers = [String(key.job.prefix(1)), key.description] }
            return job
        }
        dialogue.scheduler.configure(jobs, now: dialogue.now)
        for key in keys {
            _ = try dialogue.scheduler.request(RunRequest(key: key), now: dialogue.now)
        }
        let told = dialogue.settle()
        return (dialogue, starts(told))
    }

    private func starts(_ told: [String]) -> [String] {
        told.filter { $0.hasPrefix("start") }.map { String($0.split(separator: " ")[2]) }
    }

    private func keys(_ names: [String]) -> [JobKey] {
        names.map { name in
            let parts = name.split(separator: "/")
            return JobKey(tenant: String(parts[0]), job: String(parts[1]))
        }
    }

    @Test func `a tenant and a server have caps of their own`() throws {
        var policy = SchedulerPolicy()
        policy.slots = 10
        policy.tenantSlots = 1
        var (_, told) = try started(keys(["a/1", "a/2", "b/1", "c/1"]), policy)
        #expect(told == ["a/1", "b/1", "c/1"])
        policy.tenantSlots = nil
        policy.databaseSlots = 2
        (_, told) = try started(keys(["a/x1", "b/x2", "c/x3", "d/y1"]), policy, database: true)
        #expect(told == ["a/x1", "b/x2", "d/y1"])
    }

    @Test func `a run that does not start knows what it waits for`() throws {
        var policy = SchedulerPolicy()
        (policy.slots, policy.tenantSlots, policy.databaseSlots) = (3, 1, 1)
        let all = keys(["a/x1", "a/y2", "b/x3", "c/z4", "d/u5", "e/v6"])
        let (dialogue, told) = try started(all, policy, database: true)
        #expect(told == ["a/x1", "c/z4", "d/u5"])
        func wait(_ name: String, _ scheduler: Scheduler) throws -> Scheduler.Wait? {
            let run = try #require(scheduler.active[keys([name])[0]])
            return scheduler.wait(of: run, at: dialogue.now)
        }
        #expect(try wait("e/v6", dialogue.scheduler) == .slots(3))
        var wider = dialogue.scheduler
        wider.policy.slots = 4
        #expect(try wait("a/y2", wider) == .tenantSlots(1))
        #expect(try wait("b/x3", wider) == .serverSlots(1))
        #expect(try wait("e/v6", wider) == nil)
        wider.policy.memoryBytes = 4 * wider.policy.firstMemoryBytes - 1
        let first = wider.policy.firstMemoryBytes
        #expect(try wait("e/v6", wider) == .memory(needed: first, free: first - 1))
    }

    @Test func `a run starts when its memory fits, by the peaks of earlier runs`() throws {
        var policy = SchedulerPolicy()
        policy.slots = 10
        policy.memoryBytes = 1000
        policy.firstMemoryBytes = 400
        var (dialogue, told) = try started(keys(["a/1", "b/1", "c/1"]), policy)
        #expect(told == ["a/1", "b/1"], "of an unknown job the usual is thought")
        #expect(starts(dialogue.ended("r1", .succeeded, memory: 100)) == ["c/1"])
        #expect(dialogue.savedJobs[keys(["a/1"])[0]]?.memoryBytes == 100)
        _ = try dialogue.scheduler.request(RunRequest(key: keys(["a/1"])[0]), now: dialogue.now)
        #expect(starts(dialogue.settle()) == ["a/1"], "100 fit beside 800")
        // What memory ended needs more than was thought, and what is too large runs alone.
        let killed = RunOutcome.failed(.crash, ProblemReport(code: "worker_killed", message: ""))
        _ = dialogue.ended("r2", killed)
        #expect(dialogue.savedJobs[keys(["b/1"])[0]]?.memoryBytes == 600)
        _ = dialogue.ended("r3", .succeeded, memory: 5000)
        _ = dialogue.ended("r4", .succeeded, memory: 90)
        #expect(dialogue.savedJobs[keys(["a/1"])[0]]?.memoryBytes == 99, "an old peak fades")
    }

    @Test func `a large run lets small ones pass for a while and then goes first`() throws {
        var policy = SchedulerPolicy()
        policy.slots = 10
        policy.memoryBytes = 1000
        policy.firstMemoryBytes = 300
        var (dialogue, _) = try started(keys(["a/1", "b/1", "c/1"]), policy)
        _ = dialogue.ended("r1", .succeeded, memory: 900)
        let (large, small) = (keys(["a/1"])[0], byHand(JobKey(tenant: "s", job: "1")))
        _ = try dialogue.scheduler.request(RunRequest(key: large), now: dialogue.now)
        #expect(dialogue.settle() == ["r4 queued"])
        let all = keys(["a/1", "b/1", "c/1"]).map { byHand($0) } + [small]
        dialogue.scheduler.configure(all, now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: small.key), now: dialogue.now)
        #expect(starts(dialogue.settle()) == ["s/1"])
        _ = dialogue.ended("r5", .succeeded)
        _ = dialogue.sleep(601)
        _ = try dialogue.scheduler.request(RunRequest(key: small.key), now: dialogue.now)
        #expect(starts(dialogue.settle()) == [])
        #expect(starts(dialogue.ended("r2", .succeeded)) == [])
        #expect(starts(dialogue.ended("r3", .succeeded)) == ["a/1"])
    }

    @Test func `nobody starves behind people and the staler`() {
        var dialogue = Dialogue()
        let others = (0..<50).map { JobKey(tenant: "o\($0)", job: "j") }
        dialogue.scheduler.configure([hourly(acme)] + others.map { byHand($0) }, now: dialogue.now)
        dialogue.settle()
        // One slot is always wanted by a person; the scheduled job became stale a second ago.
        var started = false
        var open = 0
        dialogue.now = dialogue.now + 3600
        dialogue.scheduler.advance(to: dialogue.now)
        for case .check(let key, let due) in dialogue.scheduler.takeActions() {
            let check = FreshnessCheck(
                at: dialogue.now,
                verdict: .stale,
                reasons: [],
                staleSince: dialogue.now + -1
            )
            dialogue.scheduler.checked(key, dueAt: due, check)
        }
        for step in 0..<400 where !started {
            for key in others where dialogue.scheduler.active[key] == nil && open < 5 {
                _ = try? dialogue.scheduler.request(RunRequest(key: key), now: dialogue.now)
                open += 1
            }
            var told = dialogue.settle()
            for run in dialogue.scheduler.running {
                told += dialogue.ended(run.id, .succeeded)
                open -= 1
            }
            started = starts(told).contains("acme/monthly")
            dialogue.now = dialogue.now + 600
            if started { #expect((100..<160).contains(step), "after a day of waiting") }
        }
        #expect(started)
    }
}

@Suite struct HoldTests {
    @Test func `an operator's hold keeps what is due from starting until it is released`() throws {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        let why = ProblemReport(code: "held_by_operator", message: "stocktaking")
        dialogue.scheduler.hold(acme, until: nil, why, now: dialogue.now)
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.restart(configured: [hourly(acme, fingerprint: "2")]) == [])
        #expect(dialogue.savedJobs[acme]?.hold?.error == why, "it outlives restarts and reloads")
        let run = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        #expect(dialogue.settle().last == "start \(run.id) acme/monthly attempt 1", "by hand")
        _ = dialogue.ended(run.id, .succeeded)
        #expect(dialogue.savedJobs[acme]?.hold != nil)
        let isReleased = dialogue.scheduler.release(acme, now: dialogue.now)
        #expect(isReleased)
        #expect(dialogue.settle().first == "check acme/monthly", "at once")
        let again = dialogue.scheduler.release(acme, now: dialogue.now)
        #expect(!again)
    }

    @Test func `a hold with an end ends by itself`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        let until = dialogue.now + 5000
        let why = ProblemReport(code: "held_by_operator", message: "")
        dialogue.scheduler.hold(acme, until: until, why, now: dialogue.now)
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.scheduler.nextWake(after: dialogue.now) == until)
        #expect(dialogue.sleep(1400) == ["check acme/monthly"])
        #expect(dialogue.savedJobs[acme]?.hold == nil)
    }

    @Test func `refused data hold the job until they are others`() {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        _ = dialogue.sleep(3600)
        func look(_ purchases: Int) -> DataLook {
            let facts = DataFacts(newestPurchaseOn: nil, purchases: purchases, customers: 2)
            return DataLook(at: dialogue.now, facts: facts, newSinceFit: 0)
        }
        _ = dialogue.ended("r1", failure(.refused), data: look(10))
        for (purchases, isHeld) in [(10, true), (10, true), (11, false)] {
            dialogue.now = dialogue.now + 3600
            dialogue.scheduler.advance(to: dialogue.now)
            for case .check(let key, let due) in dialogue.scheduler.takeActions() {
                let check = FreshnessCheck(at: dialogue.now, verdict: .stale, reasons: ["model"])
                dialogue.scheduler.checked(key, dueAt: due, check, data: look(purchases))
            }
            #expect((dialogue.scheduler.jobs[acme]?.hold != nil) == isHeld)
            #expect(dialogue.scheduler.active[acme] != nil || isHeld)
        }
    }

    @Test func `a job that could not read goes on when a look can`() {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        dialogue.settle()
        _ = dialogue.sleep(3600)
        _ = dialogue.ended("r1", failure(.configuration), hasRead: false)
        #expect(dialogue.scheduler.jobs[acme]?.hold?.remedy == .access)
        let facts = DataFacts(newestPurchaseOn: nil, purchases: 10, customers: 2)
        for canRead in [false, true] {
            #expect(dialogue.scheduler.jobs[acme]?.hold != nil)
            dialogue.now = dialogue.now + 3600
            dialogue.scheduler.advance(to: dialogue.now)
            for case .check(let key, let due) in dialogue.scheduler.takeActions() {
                let check = FreshnessCheck(at: dialogue.now, verdict: .stale, reasons: ["model"])
                let look = DataLook(at: dialogue.now, facts: facts, newSinceFit: 0)
                dialogue.scheduler.checked(key, dueAt: due, check, data: canRead ? look : nil)
            }
            #expect((dialogue.scheduler.active[acme] != nil) == canRead)
        }
        #expect(dialogue.scheduler.jobs[acme]?.hold == nil)
    }

    @Test func `after crashes of the service every job is held, and people may still run one`()
        throws
    {
        var dialogue = Dialogue(slots: 2)
        dialogue.stale = [acme]
        let why = ProblemReport(code: "service_crashed", message: "crashed")
        dialogue.scheduler.suspend(why, now: dialogue.now)
        dialogue.scheduler.configure([hourly(acme), byHand(birch)], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.savedJobs[acme]?.lastCheck?.reasons == ["suspended"])
        _ = try dialogue.scheduler.request(RunRequest(key: birch), now: dialogue.now)
        #expect(dialogue.settle().count == 3)
        let isResumed = dialogue.scheduler.resume(now: dialogue.now)
        #expect(isResumed)
        #expect(dialogue.settle().first == "check acme/monthly")
        let again = dialogue.scheduler.resume(now: dialogue.now)
        #expect(!again)
    }
}

@Suite struct TimeoutTests {
    @Test func `a run that takes too long is asked to stop, killed, and counted as a crash`() throws
    {
        var dialogue = Dialogue()
        var job = byHand(acme)
        job.softTimeoutSeconds = 100
        job.hardTimeoutSeconds = 110
        dialogue.scheduler.configure([job], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.scheduler.nextWake(after: dialogue.now) == dialogue.now + 100)
        #expect(dialogue.sleep(100) == ["stop r1"])
        #expect(dialogue.sleep(9) == [])
        #expect(dialogue.sleep(1) == ["kill r1"])
        #expect(dialogue.ended("r1", failure(.crash)) == ["r1 queued"])
        #expect(dialogue.saved["r1"]?.error?.code == "run_timed_out")
        for _ in 0..<2 {
            _ = dialogue.sleep(3600)
            _ = dialogue.sleep(100)
            _ = dialogue.ended("r1", failure(.cancelled))
        }
        #expect(dialogue.savedJobs[acme]?.hold?.failureClass == .crash)
        #expect(dialogue.savedJobs[acme]?.hold?.error.code == "run_timed_out")
    }

    @Test func `crashes count in a row: another end begins anew`() throws {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([byHand(acme)], now: dialogue.now)
        _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
        dialogue.settle()
        for outcome in [failure(.crash), failure(.crash), failure(.transient), failure(.crash)] {
            #expect(dialogue.ended("r1", outcome) == ["r1 queued"])
            _ = dialogue.sleep(3600)
        }
        #expect(dialogue.saved["r1"]?.crashes == 2, "counted before it starts")
        #expect(dialogue.ended("r1", failure(.crash)) == ["r1 queued"])
        _ = dialogue.sleep(3600)
        #expect(dialogue.ended("r1", failure(.crash)) == ["r1 failed"])
    }
}
