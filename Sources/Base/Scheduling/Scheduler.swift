package import Domain

/// Decides when which run starts, stops and starts again: a value, with events and a clock in and
/// actions out, that touches nothing itself.
///
/// Every event is a method. What is to be done piles up in `takeActions`, in order; a `start` always
/// comes behind the `save` of its run, so that whoever carries out the actions can put the intention
/// on disk before the child exists.
package struct Scheduler {
    package enum Action: Hashable, Sendable {
        case saveRun(ScheduledRun)
        case saveJob(JobRecord)
        /// The job is no longer configured.
        case forgetJob(JobKey)
        /// Judge the job's freshness and answer with `checked`, now or later.
        case check(JobKey, dueAt: Instant)
        case start(ScheduledRun)
        /// Ask the run's worker to stop.
        case stop(ScheduledRun)
        case kill(ScheduledRun)

        /// The job it is about.
        package var key: JobKey {
            switch self {
            case .saveRun(let run), .start(let run), .stop(let run), .kill(let run): run.key
            case .saveJob(let record): record.key
            case .forgetJob(let key), .check(let key, _): key
            }
        }
    }

    package var policy: SchedulerPolicy {
        didSet { if policy.slots < 1 { policy.slots = 1 } }
    }
    /// Set once by `drain`: nothing starts any more.
    package internal(set) var isDraining = false
    /// Present: the service itself is in trouble, and every job is held until somebody resumes.
    package internal(set) var suspension: ProblemReport?
    var suspendedAt: Instant?
    package internal(set) var jobs: [JobKey: JobRecord] = [:] { didSet { nearest = nil } }
    /// Queued and running runs; at most one for each job.
    package internal(set) var active: [JobKey: ScheduledRun] = [:] {
        didSet { if nearest?.hasCatchUps == true { nearest = nil } }
    }
    /// Jobs whose freshness somebody is looking at.
    package internal(set) var checking: Set<JobKey> = [] {
        didSet { if nearest?.hasCatchUps == true { nearest = nil } }
    }
    package internal(set) var definitions: [JobKey: ScheduledJob] = [:] {
        didSet { nearest = nil }
    }
    /// What comes first of all jobs; nil: it has to be looked for again.
    private var nearest: Nearest?
    /// When the running run of a job is asked to stop, and killed.
    var stopAt: [JobKey: Instant] = [:]
    package internal(set) var killAt: [JobKey: Instant] = [:]
    var actions: [Action] = []
    let newRunID: (Instant) -> String

    package init(
        policy: SchedulerPolicy = SchedulerPolicy(),
        newRunID: @escaping (Instant) -> String
    ) {
        self.policy = policy
        self.newRunID = newRunID
    }

    /// What is to be done now, in order.
    package mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    package var running: [ScheduledRun] { active.values.filter { $0.state == .running } }
    /// Whether a drain is over.
    package var isIdle: Bool { !active.values.contains { $0.state == .running } }

    package func run(id: String) -> ScheduledRun? { active.values.first { $0.id == id } }

    /// The next instant at which `advance` has something to do.
    package func nextWake(after now: Instant) -> Instant? {
        let ends = [killAt.values.min(), stopAt.values.min()].compactMap { $0 }.min()
        if isDraining { return ends }
        let near = nearest ?? findNearest()
        let retries = active.values.lazy.filter { $0.state == .queued }
            .compactMap { earliestStart(of: $0, now) }.filter { $0 > now }.min()
        return [near.start, retries, ends, near.endOfHold].compactMap { $0 }.min()
    }

    private func findNearest() -> Nearest {
        var near = Nearest()
        for record in jobs.values {
            if record.isCatchUp { near.hasCatchUps = true }
            if let until = record.hold?.until, until < near.endOfHold ?? .distant {
                near.endOfHold = until
            }
            guard let start = record.startAt, start < near.start ?? .distant,
                definitions[record.key] != nil, !isWaiting(record)
            else { continue }
            near.start = start
        }
        return near
    }

    /// Time has passed.
    package mutating func advance(to now: Instant) {
        endOverdue(now)
        guard !isDraining else { return }
        // Most turns are about runs: then a thousand jobs are not gone through.
        var near = nearest ?? findNearest()
        if let until = near.endOfHold, until <= now {
            for (key, record) in jobs where (record.hold?.until ?? .distant) <= now {
                endOperatorHold(of: key, now)
            }
            near = findNearest()
        }
        nearest = near
        if let start = near.start, start <= now {
            let due = definitions.keys.filter { key in
                jobs[key].map { ($0.startAt ?? .distant) <= now && !isWaiting($0) } == true
            }
            for key in due.sorted() { comeDue(key, now) }
        }
        admit(now)
    }

    /// Asks runs that take too long to stop, and kills those that do not.
    private mutating func endOverdue(_ now: Instant) {
        for (key, instant) in stopAt where instant <= now {
            stopAt[key] = nil
            guard let run = active[key], !run.isCancelling else { continue }
            active[key]?.isTimedOut = true
            stop(run, now)
        }
        for (key, instant) in killAt where instant <= now {
            killAt[key] = nil
            guard let run = active[key] else { continue }
            if !run.isCancelling { active[key]?.isTimedOut = true }
            actions.append(.kill(run))
        }
    }

    /// Whether a due time of the job waits for the end of its run.
    private func isWaiting(_ record: JobRecord) -> Bool {
        guard record.isCatchUp, record.hold == nil else { return false }
        return active[record.key] != nil || checking.contains(record.key)
    }
}

/// The first instants at which something happens to any of the jobs.
private struct Nearest {
    var start: Instant?
    var endOfHold: Instant?
    /// Then the ends of runs and looks matter too: some jobs wait for them.
    var hasCatchUps = false
}

extension Instant {
    static let distant = Instant(microseconds: .max)
    static let longAgo = Instant(microseconds: .min)
}
