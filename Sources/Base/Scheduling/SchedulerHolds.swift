import Domain

/// Why nobody looked at a due time, in words that stay.
enum Obstacle: String {
    case suspended, held, missed
    case running = "already_running"
    case checking = "already_checking"
}

extension FreshnessCheck {
    init(at now: Instant, skippedFor obstacle: Obstacle) {
        self.init(at: now, verdict: .skipped, reasons: [obstacle.rawValue])
    }
}

/// What becomes of a job when its holds end: what they kept from being looked at counts as missed,
/// as if the machine had been off, and is caught up by the job's rule and with its jitter.
extension Scheduler {
    /// The time of an operator's hold is over; a failure's below it stays.
    mutating func endOperatorHold(of key: JobKey, _ now: Instant) {
        guard var record = jobs[key], let hold = record.hold else { return }
        record.hold = hold.failed
        if record.hold == nil { takeUp(&record, since: hold.since) }
        save(record)
    }

    /// The first due time that was left out since then is the next again.
    func takeUp(_ record: inout JobRecord, since: Instant) {
        guard let job = definitions[record.key], let last = record.lastDueAt,
            wasLeftOut(record, since)
        else { return }
        let next = job.schedule.due(after: since + -job.schedule.jitterSeconds)
        // One from before the hold may have been put off into it by a blackout.
        let first = min(next ?? last, last)
        record.nextDueAt = first
        record.startAt = job.schedule.start(ofDue: first)
        record.isCatchUp = false
    }

    /// Whether a due time came since then that a hold or a suspension kept from leading to a run.
    private func wasLeftOut(_ record: JobRecord, _ since: Instant) -> Bool {
        guard let check = record.lastCheck, check.verdict == .skipped else { return false }
        if check.reasons == [Obstacle.suspended.rawValue] { return true }
        let others = [Obstacle.running, .checking, .missed].map { [$0.rawValue] }
        return check.at >= since && !others.contains(check.reasons)
    }

    /// The work of a run that failed is still open, however long ago it was due.
    func takeUpFailed(_ record: inout JobRecord, _ now: Instant) {
        guard let job = definitions[record.key], job.catchUp != .none,
            !job.schedule.expressions.isEmpty
        else { return }
        let next = record.startAt ?? .distant
        // Then those that were left out are looked at one by one.
        if next <= now, job.catchUp == .all { return }
        let start = job.schedule.outOfBlackout(now + job.schedule.jitterSeconds)
        guard let start, next <= now || start < next else { return }
        record.nextDueAt = record.lastDueAt ?? now
        record.startAt = start
        record.isCatchUp = true
    }
}
