package import Domain

/// The life of a run after its start.
extension Scheduler {
    /// A worker ended, or could not be started; `memoryBytes` is its peak, if it is known, and
    /// `hasRead` whether it came further than a look at the data comes.
    package mutating func ended(
        id: String,
        _ outcome: RunOutcome,
        memoryBytes: Int? = nil,
        data: DataLook? = nil,
        hasRead: Bool = true,
        now: Instant
    ) {
        guard var run = run(id: id), run.state == .running else { return }
        killAt[run.key] = nil
        stopAt[run.key] = nil
        run.finishedAt = now
        learn(memoryBytes, data, of: run, outcome)
        switch outcome {
        case .succeeded:
            run.error = nil
            run.crashes = 0
            finish(&run, .succeeded, now)
        case .failed(let failure, let error) where run.isCancelling:
            // Who wanted it stays the reason; how a stubborn worker ended is its cause.
            if failure != .cancelled { run.error?.cause = error.message }
            finish(&run, .cancelled, now)
        case .failed(let failure, let error):
            run.error = error
            failed(&run, failure, data?.facts, hasRead, now)
        }
    }

    private mutating func failed(
        _ run: inout ScheduledRun,
        _ failure: FailureClass,
        _ data: DataFacts?,
        _ hasRead: Bool,
        _ now: Instant
    ) {
        let mayBeOurKill = failure == .cancelled || failure == .crash
        if isDraining && mayBeOurKill { return interrupt(&run) }
        var failure = failure
        if run.isTimedOut, mayBeOurKill {
            failure = .crash
            run.error = ProblemReport(
                code: "run_timed_out",
                message: "the run took longer than its job allows",
                cause: run.error?.message,
                fix: "raise soft_timeout and hard_timeout of the job, or find out what is slow"
            )
        }
        run.isTimedOut = false
        if failure != .crash { run.crashes = 0 }
        switch failure {
        case .cancelled: cutOff(&run, now)
        case .transient, .leaseHeld:
            let next = now + policy.delay(ofRun: run.id, beforeAttempt: run.attempt + 1)
            guard next < endOfAttempts(run) else { return finish(&run, .failed, now) }
            again(&run, at: next, now)
        case .crash:
            guard run.crashes < policy.crashes else { return hold(&run, failure, now) }
            again(&run, at: now + policy.delay(ofRun: run.id, afterCrash: run.crashes), now)
        case .refused: hold(&run, failure, data: data, remedy: .otherData, now)
        case .configuration: hold(&run, failure, remedy: hasRead ? nil : .access, now)
        }
    }

    private mutating func again(_ run: inout ScheduledRun, at next: Instant, _ now: Instant) {
        run.attempt += 1
        requeue(&run, notBefore: next, now)
    }

    /// What may pass is tried again until the job is due anew, or nobody would catch it up any more.
    private func endOfAttempts(_ run: ScheduledRun) -> Instant {
        let window = definitions[run.key]?.catchUpWindowSeconds ?? 0
        let due = jobs[run.key]?.startAt ?? .distant
        return max(run.queuedAt + policy.longestDelaySeconds, min(due, run.queuedAt + window))
    }

    /// A signal that we did not send ended the run: a shutdown, most likely.
    private mutating func cutOff(_ run: inout ScheduledRun, _ now: Instant) {
        run.interruptions += 1
        guard run.interruptions <= policy.interruptions else {
            return finish(&run, .failed, now)
        }
        requeue(&run, notBefore: now + policy.interruptionDelaySeconds, now)
    }

    /// The attempt does not count: it starts again when the service does.
    private mutating func interrupt(_ run: inout ScheduledRun) {
        run.state = .interrupted
        run.error = nil
        run.crashes = max(0, run.crashes - 1)
        active[run.key] = nil
        actions.append(.saveRun(run))
    }

    mutating func hold(
        _ run: inout ScheduledRun,
        _ failure: FailureClass,
        data: DataFacts? = nil,
        remedy: Hold.Remedy? = nil,
        _ now: Instant
    ) {
        finish(&run, .failed, now)
        guard var record = jobs[run.key], let error = run.error, record.failedHold == nil else {
            return
        }
        var hold = Hold(
            since: now,
            runID: run.id,
            failureClass: failure,
            error: error,
            fingerprint: definitions[run.key]?.fingerprint ?? "",
            data: data,
            remedy: remedy
        )
        if failure == .crash { hold.program = policy.programVersion }
        record.failedHold = hold
        save(record)
    }

    mutating func requeue(_ run: inout ScheduledRun, notBefore: Instant?, _ now: Instant) {
        run.state = .queued
        run.notBefore = notBefore
        run.finishedAt = nil
        active[run.key] = run
        actions.append(.saveRun(run))
    }

    mutating func finish(_ run: inout ScheduledRun, _ state: ScheduledRun.State, _ now: Instant) {
        run.state = state
        run.finishedAt = now
        run.notBefore = nil
        active[run.key] = nil
        actions.append(.saveRun(run))
    }

    mutating func save(_ record: JobRecord) {
        jobs[record.key] = record
        actions.append(.saveJob(record))
    }

    /// What a job needs is the largest of its late peaks: a smaller one counts a tenth.
    private mutating func learn(
        _ peak: Int?,
        _ data: DataLook?,
        of run: ScheduledRun,
        _ outcome: RunOutcome
    ) {
        guard var record = jobs[run.key] else { return }
        if let data { record.data = data }
        let known = record.memoryBytes
        if let peak {
            record.memoryBytes = max(peak, (known ?? 0) - max(0, (known ?? 0) - peak) / 10)
        } else if case .failed(.crash, let error) = outcome, error.code == "worker_killed" {
            // Memory ran out, most likely: it needs more than was thought.
            record.memoryBytes = (known ?? policy.firstMemoryBytes) * 3 / 2
        }
        if record != jobs[run.key] { save(record) }
    }
}
