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
        /// Judge the job's freshness and answer with `checked`.
        case check(JobKey, dueAt: Instant)
        case start(ScheduledRun)
        /// Ask the run's worker to stop.
        case stop(ScheduledRun)
        case kill(ScheduledRun)
    }

    package var policy: SchedulerPolicy {
        didSet { if policy.slots < 1 { policy.slots = 1 } }
    }
    /// Set once by `drain`: nothing starts any more.
    package internal(set) var isDraining = false
    package internal(set) var jobs: [JobKey: JobRecord] = [:]
    /// Queued and running runs; at most one for each job.
    package internal(set) var active: [JobKey: ScheduledRun] = [:]
    var definitions: [JobKey: ScheduledJob] = [:]
    var killAt: [JobKey: Instant] = [:]
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
    package var queued: [ScheduledRun] {
        active.values.filter { $0.state == .queued }.sorted(by: goesFirst)
    }
    /// Whether a drain is over.
    package var isIdle: Bool { !active.values.contains { $0.state == .running } }

    package func run(id: String) -> ScheduledRun? { active.values.first { $0.id == id } }

    /// The next instant at which `advance` has something to do.
    package func nextWake(after now: Instant) -> Instant? {
        let kill = killAt.values.min()
        if isDraining { return kill }
        let due = definitions.keys.lazy.compactMap { jobs[$0]?.nextDueAt }.min()
        let retry = active.values.lazy.filter { $0.state == .queued }.compactMap(\.notBefore)
            .filter { $0 > now }.min()
        return [due, retry, kill].compactMap { $0 }.min()
    }

    /// Time has passed.
    package mutating func advance(to now: Instant) {
        for (key, instant) in killAt where instant <= now {
            killAt[key] = nil
            if let run = active[key] { actions.append(.kill(run)) }
        }
        guard !isDraining else { return }
        for key in definitions.keys.filter({ (jobs[$0]?.nextDueAt ?? .distant) <= now }).sorted() {
            comeDue(key, now)
        }
        admit(now)
    }
}

extension Instant {
    static let distant = Instant(microseconds: .max)
    static let longAgo = Instant(microseconds: .min)
}
