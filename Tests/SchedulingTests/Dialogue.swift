import Domain
import Scheduling
import Testing

/// A scheduler on a clock that the test moves, with one line for each thing it wants done.
struct Dialogue {
    var now = Instant("2026-11-20T12:00:00Z") ?? Instant(seconds: 0)
    var scheduler: Scheduler
    private let counter = Counter()
    private(set) var saved: [String: ScheduledRun] = [:]
    private(set) var savedJobs: [JobKey: JobRecord] = [:]
    /// What a check finds; fresh unless said.
    var stale: Set<JobKey> = []

    init(slots: Int = 1) {
        var policy = SchedulerPolicy()
        policy.slots = slots
        scheduler = Dialogue.empty(policy, counter)
    }

    private static func empty(_ policy: SchedulerPolicy, _ counter: Counter) -> Scheduler {
        Scheduler(policy: policy) { _ in "r\(counter.next())" }
    }

    /// Carries out what there is to do, and tells of it.
    @discardableResult
    mutating func settle() -> [String] {
        var told: [String] = []
        while true {
            scheduler.advance(to: now)
            let actions = scheduler.takeActions()
            if actions.isEmpty { return told }
            for action in actions { told += carryOut(action) }
        }
    }

    private mutating func carryOut(_ action: Scheduler.Action) -> [String] {
        switch action {
        case .saveRun(let run):
            saved[run.id] = run
            return ["\(run.id) \(run.state)"]
        case .saveJob(let state):
            savedJobs[state.key] = state
            return []
        case .forgetJob(let key): return ["forget \(key)"]
        case .check(let key, let due):
            let verdict = FreshnessCheck(
                at: now,
                verdict: stale.contains(key) ? .stale : .fresh,
                reasons: ["model_age"]
            )
            scheduler.checked(key, dueAt: due, verdict)
            return ["check \(key)"]
        case .start(let run):
            #expect(saved[run.id]?.state == .running, "the intention is on disk first")
            return ["start \(run.id) \(run.key) attempt \(run.attempt)"]
        case .stop(let run): return ["stop \(run.id)"]
        case .kill(let run): return ["kill \(run.id)"]
        }
    }

    /// Puts on disk what is to be saved, and does nothing else.
    mutating func keep(_ actions: [Scheduler.Action]) {
        for action in actions {
            if case .saveRun(let run) = action { saved[run.id] = run }
            if case .saveJob(let record) = action { savedJobs[record.key] = record }
        }
    }

    mutating func sleep(_ seconds: Double) -> [String] {
        now = now + seconds
        return settle()
    }

    mutating func ended(
        _ id: String,
        _ outcome: RunOutcome,
        memory: Int? = nil,
        data: DataLook? = nil,
        hasRead: Bool = true
    ) -> [String] {
        scheduler.ended(
            id: id,
            outcome,
            memoryBytes: memory,
            data: data,
            hasRead: hasRead,
            now: now
        )
        return settle()
    }

    /// The machine or the service dies and another process takes up the saved state.
    mutating func restart(configured: [ScheduledJob]) -> [String] {
        scheduler = Dialogue.empty(scheduler.policy, counter)
        scheduler.restore(
            runs: saved.values.sorted { $0.id < $1.id },
            jobs: Array(savedJobs.values),
            now: now
        )
        scheduler.configure(configured, now: now)
        return settle()
    }
}

private final class Counter {
    private var value = 0
    func next() -> Int {
        value += 1
        return value
    }
}

let acme = JobKey(tenant: "acme", job: "monthly")
let birch = JobKey(tenant: "birch", job: "daily")

let everyHour = (try? OnCalendar("hourly")).map { [$0] } ?? []

/// Every hour on the hour.
func hourly(_ key: JobKey, fingerprint: String = "1") -> ScheduledJob {
    ScheduledJob(key: key, fingerprint: fingerprint, schedule: Schedule(everyHour, in: .utc))
}
func byHand(_ key: JobKey, fingerprint: String = "1") -> ScheduledJob {
    ScheduledJob(key: key, fingerprint: fingerprint, schedule: Schedule(in: .utc))
}
let byUid = ProblemReport(code: "cancelled", message: "uid 7 cancelled the run")
func failure(_ failure: FailureClass) -> RunOutcome {
    .failed(failure, ProblemReport(code: "broken", message: "it broke"))
}
