import Domain
import Scheduling
import Testing

private let why = ProblemReport(code: "held_by_operator", message: "stocktaking")

/// Due at 13:00, 14:00 and so on, changed as a test needs it; taken up at 12:00.
private func begun(_ change: (inout ScheduledJob) throws -> Void) rethrows -> Dialogue {
    var job = hourly(acme)
    try change(&job)
    var dialogue = Dialogue()
    dialogue.stale = [acme]
    dialogue.scheduler.configure([job], now: dialogue.now)
    dialogue.settle()
    return dialogue
}

extension Dialogue {
    fileprivate mutating func hold(until: Instant? = nil) -> [String] {
        scheduler.hold(acme, until: until, why, now: now)
        return settle()
    }

    fileprivate mutating func release() -> [String] {
        _ = scheduler.release(acme, now: now)
        return settle()
    }

    /// A run by hand that fails for good, so that its job is held.
    fileprivate mutating func fail(_ kind: FailureClass = .configuration) throws {
        let run = try scheduler.request(RunRequest(key: acme), now: now)
        settle()
        _ = ended(run.id, failure(kind))
        #expect(savedJobs[acme]?.hold?.failureClass == kind)
    }
}

@Suite struct EndOfHoldTests {
    @Test func `with nothing due meanwhile, the end of a hold starts nothing`() {
        var dialogue = begun { _ in }
        _ = dialogue.hold()
        #expect(dialogue.sleep(1800) == [])
        #expect(dialogue.release() == [])
        _ = dialogue.hold(until: dialogue.now + 600)
        #expect(dialogue.sleep(600) == [])
        #expect(dialogue.savedJobs[acme]?.hold == nil)
        #expect(dialogue.sleep(1200).first == "check acme/monthly", "its next due time")
        #expect(dialogue.savedJobs[acme]?.missed == 0)
    }

    @Test func `what was due meanwhile is caught up by the job's rule`() {
        for (rule, due) in [(CatchUp.once, ["15"]), (.none, []), (.all, ["13", "14", "15"])] {
            var dialogue = begun { $0.catchUp = rule }
            _ = dialogue.hold()
            for _ in 0..<7 { #expect(dialogue.sleep(1800) == []) }
            var told = dialogue.release()
            var found: [String] = []
            while let id = told.first(where: { $0.hasSuffix("running") })?.prefix(2) {
                let due = dialogue.saved[String(id)]?.dueAt?.wholeSeconds ?? ""
                found.append(String(due.dropFirst(11).prefix(2)))
                told = dialogue.ended(String(id), .succeeded)
            }
            #expect(found == due, "\(rule)")
            #expect(dialogue.savedJobs[acme]?.missed == 3 - due.count)
            #expect(dialogue.savedJobs[acme]?.startAt?.wholeSeconds == "2026-11-20T16:00:00Z")
        }
    }

    @Test func `what is caught up after a hold is spread by jitter`() {
        var dialogue = begun { $0.schedule.jitterSeconds = 1500 }
        _ = dialogue.hold(until: dialogue.now + 2.7 * 3600)
        #expect(dialogue.sleep(2.7 * 3600) == [])
        let start = dialogue.savedJobs[acme]?.startAt
        #expect(start?.wholeSeconds == "2026-11-20T15:07:00Z", "after the end by the jitter")
        #expect(dialogue.sleep(1500).first == "check acme/monthly")
    }

    @Test func `a failure's open work is taken up by the release, however old`() throws {
        for (rule, isTaken) in [(CatchUp.once, true), (.all, true), (.none, false)] {
            var dialogue = try begun {
                $0.catchUp = rule
                $0.schedule.expressions = [try OnCalendar("Mon 03:00")]
            }
            try dialogue.fail()
            dialogue.now = dialogue.now + 2 * 86_400
            #expect(dialogue.settle() == [])
            #expect(dialogue.release().contains("check acme/monthly") == isTaken)
        }
    }

    @Test func `resume catches up what was due meanwhile and nothing else`() {
        var dialogue = Dialogue(slots: 2)
        dialogue.stale = [acme, birch]
        dialogue.scheduler.suspend(why, now: dialogue.now)
        var late = hourly(birch)
        late.schedule.jitterSeconds = 1500
        dialogue.scheduler.configure([hourly(acme), late], now: dialogue.now)
        #expect(dialogue.sleep(3600) == [])
        _ = dialogue.scheduler.resume(now: dialogue.now)
        #expect(dialogue.settle().filter { $0.hasPrefix("check") } == ["check acme/monthly"])
        #expect(dialogue.sleep(1500).first == "check birch/daily")
    }
}

@Suite struct BlackoutOfRunsTests {
    /// From 13:30 to 15:00.
    private func blackout(_ job: inout ScheduledJob) throws {
        job.schedule.blackouts = [try BlackoutWindow("13:30..15:00")]
    }

    @Test func `a retry waits for the end of a blackout, and a person does not`() throws {
        for isWanted in [false, true] {
            var dialogue = try begun(blackout)
            _ = dialogue.sleep(3600)
            dialogue.now = dialogue.now + 1800
            #expect(dialogue.ended("r1", failure(.crash)) == ["r1 queued"])
            #expect(dialogue.sleep(3600) == [])
            #expect(dialogue.scheduler.nextWake(after: dialogue.now) == dialogue.now + 1800)
            guard isWanted else {
                #expect(dialogue.sleep(1800).contains("start r1 acme/monthly attempt 2"))
                continue
            }
            _ = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
            #expect(dialogue.settle().last == "start r1 acme/monthly attempt 2")
        }
    }

    @Test func `a run that found no place, or was cut off, waits for the end of a blackout too`()
        throws
    {
        var dialogue = try begun(blackout)
        _ = dialogue.sleep(3600)
        dialogue.now = dialogue.now + 2000
        var job = hourly(acme)
        try blackout(&job)
        #expect(dialogue.restart(configured: [job]) == ["r1 interrupted", "r1 queued"])
        #expect(dialogue.sleep(5200).last == "start r1 acme/monthly attempt 1", "at 15:00")
    }

    @Test func `the end of a hold and a release start nothing in a blackout`() throws {
        for isReleased in [false, true] {
            var dialogue = try begun(blackout)
            _ = dialogue.hold(until: isReleased ? nil : dialogue.now + 7200)
            #expect(dialogue.sleep(7200) == [])
            if isReleased { #expect(dialogue.release() == []) }
            #expect(dialogue.sleep(3599) == [])
            #expect(dialogue.sleep(1).first == "check acme/monthly")
        }
    }
}

@Suite struct TwoHoldsTests {
    @Test func `the end of an operator's hold leaves a failure's`() throws {
        var dialogue = begun { _ in }
        try dialogue.fail()
        _ = dialogue.hold(until: dialogue.now + 600)
        #expect(dialogue.savedJobs[acme]?.hold?.error == why)
        #expect(dialogue.sleep(600) == [])
        #expect(dialogue.savedJobs[acme]?.hold?.failureClass == .configuration)
        #expect(dialogue.release().first == "check acme/monthly")
        #expect(dialogue.savedJobs[acme]?.hold == nil)
    }

    @Test func `the end of a failure's hold leaves an operator's`() throws {
        for isFirst in [true, false] {
            var dialogue = begun { _ in }
            if isFirst { _ = dialogue.hold() }
            let run = try dialogue.scheduler.request(RunRequest(key: acme), now: dialogue.now)
            dialogue.settle()
            _ = dialogue.ended(run.id, failure(.configuration))
            if !isFirst { _ = dialogue.hold() }
            #expect(dialogue.savedJobs[acme]?.failedHold != nil)
            dialogue.scheduler.configure([hourly(acme, fingerprint: "2")], now: dialogue.now)
            dialogue.settle()
            #expect(dialogue.savedJobs[acme]?.hold?.error == why)
            #expect(dialogue.savedJobs[acme]?.failedHold == nil)
        }
    }

    @Test func `a release ends both`() throws {
        var dialogue = begun { _ in }
        try dialogue.fail()
        _ = dialogue.hold()
        _ = dialogue.release()
        #expect(dialogue.savedJobs[acme]?.hold == nil)
    }

    @Test func `an operator's hold outlives its job's file`() {
        var dialogue = begun { _ in }
        _ = dialogue.hold(until: dialogue.now + 86_400)
        dialogue.scheduler.configure([], now: dialogue.now)
        #expect(dialogue.settle() == ["forget acme/monthly"])
        #expect(dialogue.restart(configured: []) == ["forget acme/monthly"])
        dialogue.scheduler.configure([hourly(acme)], now: dialogue.now)
        #expect(dialogue.sleep(3600) == [])
        #expect(dialogue.savedJobs[acme]?.hold?.error == why)
    }
}
