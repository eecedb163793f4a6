package import Domain

extension Scheduler {
    /// A worker ended, or could not be started.
    package mutating func ended(id: String, _ outcome: RunOutcome, now: Instant) {
        guard var run = run(id: id), run.state == .running else { return }
        killAt[run.key] = nil
        run.finishedAt = now
        switch outcome {
        case .succeeded:
            run.error = nil
            finish(&run, .succeeded, now)
        case .failed(let failure, let error):
            run.error = error
            failed(&run, failure, now)
        }
    }

    private mutating func failed(_ run: inout ScheduledRun, _ failure: FailureClass, _ now: Instant)
    {
        if run.isCancelling { return finish(&run, .cancelled, now) }
        let mayBeOurKill = failure == .cancelled || failure == .crash
        if isDraining && mayBeOurKill { return interrupt(&run) }
        switch failure {
        case .cancelled: cutOff(&run, now)
        case .transient, .leaseHeld:
            guard run.attempt < policy.attempts else { return finish(&run, .failed, now) }
            run.attempt += 1
            requeue(&run, notBefore: now + policy.delay(beforeAttempt: run.attempt), now)
        case .crash:
            run.crashes += 1
            guard run.crashes < policy.crashes else { return hold(&run, failure, now) }
            run.attempt += 1
            requeue(&run, notBefore: now + policy.delay(beforeAttempt: run.attempt), now)
        case .refused, .configuration: hold(&run, failure, now)
        }
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
        active[run.key] = nil
        actions.append(.saveRun(run))
    }

    private mutating func hold(_ run: inout ScheduledRun, _ failure: FailureClass, _ now: Instant) {
        finish(&run, .failed, now)
        guard var state = jobs[run.key], let error = run.error else { return }
        state.hold = Hold(
            since: now,
            runID: run.id,
            failureClass: failure,
            error: error,
            fingerprint: definitions[run.key]?.fingerprint ?? ""
        )
        save(state)
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

    mutating func save(_ state: JobRecord) {
        jobs[state.key] = state
        actions.append(.saveJob(state))
    }

    mutating func admit(_ now: Instant) {
        var free = policy.slots - running.count
        guard free > 0 else { return }
        for run in queued where (run.notBefore ?? now) <= now && definitions[run.key] != nil {
            guard free > 0 else { return }
            free -= 1
            var run = run
            run.state = .running
            run.startedAt = now
            run.notBefore = nil
            active[run.key] = run
            actions += [.saveRun(run), .start(run)]
        }
    }

    /// People first, then the job that has been without a fresh forecast for longest.
    func goesFirst(_ one: ScheduledRun, _ other: ScheduledRun) -> Bool {
        if one.isByHand != other.isByHand { return one.isByHand }
        if one.staleSince != other.staleSince {
            return (one.staleSince ?? .longAgo) < (other.staleSince ?? .longAgo)
        }
        return (one.queuedAt, one.key) < (other.queuedAt, other.key)
    }
}
