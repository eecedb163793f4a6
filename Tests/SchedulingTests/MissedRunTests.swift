import Domain
import Glibc
import Scheduling
import Testing

/// Every hour on the hour, changed as a test needs it.
private func job(_ change: (inout ScheduledJob) -> Void) -> ScheduledJob {
    var job = hourly(acme)
    change(&job)
    return job
}

/// The job is stopped, and taken up again so much later.
private func missing(_ hours: Double, _ job: ScheduledJob) -> (Dialogue, told: [String]) {
    var dialogue = Dialogue()
    dialogue.stale = [acme]
    dialogue.scheduler.configure([job], now: dialogue.now)
    dialogue.settle()
    dialogue.now = dialogue.now + hours * 3600
    let told = dialogue.restart(configured: [job])
    return (dialogue, told)
}

@Suite struct MissedRunTests {
    @Test func `what was missed is made up for once, by the last of it`() {
        let (dialogue, told) = missing(5.5, job { _ in })
        #expect(told.filter { $0.hasPrefix("start") }.count == 1)
        #expect(dialogue.saved["r1"]?.dueAt?.wholeSeconds == "2026-11-20T17:00:00Z")
        #expect(dialogue.savedJobs[acme]?.missed == 4)
        #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T18:00:00Z")
    }

    @Test func `with none, what was missed is only counted`() {
        let (dialogue, told) = missing(5.5, job { $0.catchUp = .none })
        #expect(told == [])
        #expect(dialogue.savedJobs[acme]?.missed == 5)
        #expect(dialogue.savedJobs[acme]?.lastCheck?.reasons == ["missed"])
        #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T18:00:00Z")
    }

    @Test func `with all, each is made up for, one after the other`() {
        var (dialogue, told) = missing(3.5, job { $0.catchUp = .all })
        var due: [String] = []
        for number in 1...3 {
            #expect(told.contains("start r\(number) acme/monthly attempt 1"))
            due.append(dialogue.saved["r\(number)"]?.dueAt?.wholeSeconds ?? "")
            told = dialogue.ended("r\(number)", .succeeded)
        }
        #expect(due == ["13", "14", "15"].map { "2026-11-20T\($0):00:00Z" })
        #expect(told == ["r3 succeeded"])
    }

    @Test func `what is longer ago than the window stays missed`() {
        for policy in [CatchUp.once, .all] {
            let daily = job {
                $0.catchUp = policy
                $0.schedule = Schedule((try? OnCalendar("13:00")).map { [$0] } ?? [], in: .utc)
                $0.catchUpWindowSeconds = 20 * 3600
            }
            #expect(missing(20.5, daily).told.contains("r1 queued"))
            #expect(missing(21.5, daily).told == [])
        }
    }

    @Test func `a start that is late by seconds is no missed one`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([job { $0.catchUp = .none }], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3600 + 59) == ["check acme/monthly"])
        #expect(dialogue.savedJobs[acme]?.missed == 0)
    }

    @Test func `one that starts in time serves for those that were missed before it`() {
        let (dialogue, told) = missing(3.005, job { $0.catchUp = .none })
        #expect(told.first == "check acme/monthly")
        #expect(dialogue.savedJobs[acme]?.missed == 2)
    }

    @Test func `catching up is spread by the job's jitter, and a restart does not put it off`() {
        let late = job { $0.schedule.jitterSeconds = 1500 }
        var (dialogue, told) = missing(5.2, late)
        // 17:12 is 725 s after the due time and before its start: nothing of it was missed.
        #expect(told == [])
        #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T17:25:00Z")
        (dialogue, told) = missing(5.5, late)
        #expect(told == [])
        #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T17:55:00Z")
        dialogue.now = dialogue.now + 1000
        #expect(dialogue.restart(configured: [late]) == [])
        #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T17:55:00Z")
        #expect(dialogue.sleep(500).contains("check acme/monthly"))
    }

    @Test func `jitter puts every start off by the same time, also beyond the next due time`() {
        var dialogue = Dialogue()
        let late = job { $0.schedule.jitterSeconds = 9000 }
        dialogue.scheduler.configure([late], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3600 + 8999) == [])
        #expect(dialogue.sleep(1) == ["check acme/monthly"])
        #expect(dialogue.sleep(3599) == [])
        #expect(dialogue.sleep(1) == ["check acme/monthly"], "every hour all the same")
        #expect(dialogue.savedJobs[acme]?.missed == 0)
    }

    @Test func `what is due in a blackout waits for its end, also over a restart`() throws {
        let window = try BlackoutWindow("12:30..16:15")
        let blocked = job { $0.schedule.blackouts = [window] }
        var dialogue = Dialogue()
        dialogue.scheduler.configure([blocked], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3 * 3600) == [])
        #expect(dialogue.restart(configured: [blocked]) == [])
        #expect(dialogue.sleep(4499) == [])
        #expect(dialogue.sleep(4 * 3600 + 900 - 3 * 3600 - 4499) == ["check acme/monthly"])
        #expect(dialogue.savedJobs[acme]?.lastDueAt?.wholeSeconds == "2026-11-20T16:00:00Z")
    }

    @Test func `a clock set forward a year is caught up once, and set back again starts on time`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([job { _ in }], now: dialogue.now)
        dialogue.settle()
        let today = dialogue.now
        dialogue.now = today + 365 * 86_400
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.settle() == ["check acme/monthly"])
        dialogue.now = today + 60
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.settle() == [])
        #expect(dialogue.sleep(3540) == ["check acme/monthly"])
    }

    @Test func `a clock set back a day repeats nothing`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([job { _ in }], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(3600) == ["check acme/monthly"])
        dialogue.now = dialogue.now + -86_400
        dialogue.scheduler.clockStepped(now: dialogue.now)
        #expect(dialogue.sleep(86_399) == [])
        #expect(dialogue.sleep(3601) == ["check acme/monthly"])
    }

    @Test func `delays go on as they were when the clock is set, in both directions`() throws {
        for step: Double in [-86_400, 365 * 86_400] {
            var dialogue = Dialogue(slots: 2)
            let jobs = [byHand(acme), byHand(birch)]
            dialogue.scheduler.configure(jobs, now: dialogue.now)
            for job in jobs {
                _ = try dialogue.scheduler.request(RunRequest(key: job.key), now: dialogue.now)
            }
            dialogue.settle()
            _ = dialogue.scheduler.cancel(id: "r1", byUid, now: dialogue.now)
            _ = dialogue.ended("r2", failure(.cancelled))
            dialogue.now = dialogue.now + step
            dialogue.scheduler.clockStepped(now: dialogue.now, by: step)
            #expect(dialogue.settle() == [])
            #expect(dialogue.sleep(10).last == "start r2 birch/daily attempt 1")
            #expect(dialogue.sleep(19) == [])
            #expect(dialogue.sleep(1) == ["kill r1"])
        }
    }

    @Test func `a service that stood still for hours looks once, for all that was due meanwhile`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([job { _ in }], now: dialogue.now)
        dialogue.settle()
        #expect(dialogue.sleep(5.5 * 3600) == ["check acme/monthly"])
        #expect(dialogue.savedJobs[acme]?.missed == 4)
        #expect(dialogue.sleep(1799) == [])
        #expect(dialogue.sleep(1) == ["check acme/monthly"])
    }

    @Test func `a look without an answer is repeated after a crash`() {
        var dialogue = Dialogue()
        dialogue.scheduler.configure([job { _ in }], now: dialogue.now)
        dialogue.settle()
        dialogue.now = dialogue.now + 3600
        // The service dies between its question and the answer.
        dialogue.scheduler.advance(to: dialogue.now)
        dialogue.keep(dialogue.scheduler.takeActions())
        #expect(dialogue.restart(configured: [job { _ in }]) == ["check acme/monthly"])
        #expect(dialogue.restart(configured: [job { _ in }]) == [])
    }
}

@Suite struct OverlapTests {
    private func running(_ overlap: Overlap) -> Dialogue {
        var dialogue = Dialogue()
        dialogue.stale = [acme]
        dialogue.scheduler.configure([job { $0.overlap = overlap }], now: dialogue.now)
        dialogue.settle()
        _ = dialogue.sleep(3600)
        return dialogue
    }

    @Test func `skip leaves out what is due while a run goes on`() {
        var dialogue = running(.skip)
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.savedJobs[acme]?.lastCheck?.reasons == ["already_running"])
        #expect(dialogue.ended("r1", .succeeded) == ["r1 succeeded"])
    }

    @Test func `queue looks once more when the run ends, for all that was due`() {
        var dialogue = running(.queue)
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.sleep(3600) == [])
        #expect(
            dialogue.scheduler.nextWake(after: dialogue.now) == nil,
            "the end of the run wakes it"
        )
        let told = dialogue.ended("r1", .succeeded)
        #expect(told.filter { $0.hasPrefix("check") }.count == 1)
        #expect(dialogue.saved["r2"]?.dueAt?.wholeSeconds == "2026-11-20T15:00:00Z")
    }

    @Test func `cancel_running ends the run for the next one`() {
        var dialogue = running(.cancelRunning)
        #expect(dialogue.sleep(3600) == ["r1 running", "stop r1"])
        let told = dialogue.ended("r1", failure(.cancelled))
        #expect(told.first == "r1 cancelled" && told.contains("start r2 acme/monthly attempt 1"))
    }

    @Test func `a reload with other rules of a zone plans anew, also without another word`() throws
    {
        let folder = "/tmp/clvd-zones-\(getpid())"
        let path = folder + "/Zone"
        unsafe mkdir(folder, 0o700)
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
        }
        func job(_ source: String, isOwn: Bool) throws -> ScheduledJob {
            unsafe unlink(path)
            unsafe symlink("\(TimeZoneRules.systemDirectory)/\(source)", path)
            let zone = try TimeZoneRules(named: "Zone", directory: folder)
            var schedule = Schedule([try OnCalendar("03:00")], in: isOwn ? .utc : zone)
            if isOwn { schedule.expressions[0].zone = zone }
            return ScheduledJob(key: acme, fingerprint: "1", schedule: schedule)
        }
        for isOwn in [false, true] {
            var dialogue = Dialogue()
            func due(_ source: String) throws -> String? {
                dialogue.scheduler.configure([try job(source, isOwn: isOwn)], now: dialogue.now)
                dialogue.settle()
                return dialogue.savedJobs[acme]?.startAt?.wholeSeconds
            }
            #expect(try due("Africa/Lagos") == "2026-11-21T02:00:00Z")
            #expect(try due("Asia/Tokyo") == "2026-11-20T18:00:00Z")
        }
    }
}
