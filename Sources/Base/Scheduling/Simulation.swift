package import Domain

/// What a job would start in a span of time, told by the scheduler itself on a clock of its own.
///
/// Every run is taken to succeed at once. It starts from nothing stored, so the first look fits.
package struct Simulation {
    /// A look at freshness, which may lead to a run.
    package struct Start: Hashable, Sendable {
        package enum Kind: String, Codable, Sendable { case run, check }

        package var at: Instant
        package var dueAt: Instant
        package var kind: Kind
        /// Why it runs, or why it does not.
        package var reasons: [String]
    }

    /// What of a job's settings decides about freshness.
    package struct Subject: Sendable {
        package var job: ScheduledJob
        package var trains: Bool
        package var predicts: Bool
        package var maxModelAge: TimePeriod

        package init(job: ScheduledJob, trains: Bool, predicts: Bool, maxModelAge: TimePeriod) {
            self.job = job
            self.trains = trains
            self.predicts = predicts
            self.maxModelAge = maxModelAge
        }
    }

    private let subject: Subject
    private var scheduler: Scheduler
    private var fittedOn: Day?
    private var forecastAsOf: Day?
    package private(set) var starts: [Start] = []

    package init(_ subject: Subject) {
        self.subject = subject
        scheduler = Scheduler { _ in "r" }
    }

    /// All starts of both days and those between, in the job's zone; at most `limit`.
    package static func starts(
        of subject: Subject,
        from first: Day,
        to last: Day,
        limit: Int = .max
    ) -> [Start] {
        let zone = subject.job.schedule.zone
        let begin = zone.instant(of: first, secondOfDay: 0)
        let end = zone.instant(of: last + 1, secondOfDay: 0)
        var simulation = Simulation(subject)
        // What was due before but starts later, by jitter or after a blackout, starts inside.
        let schedule = subject.job.schedule
        let free = schedule.lastFree(at: Instant(microseconds: begin.microseconds - 1))
        let from = free.map { $0 + -schedule.jitterSeconds } ?? begin
        simulation.run(from: from, to: end, tellingFrom: begin, limit)
        return simulation.starts
    }

    private mutating func run(
        from begin: Instant,
        to end: Instant,
        tellingFrom first: Instant,
        _ limit: Int
    ) {
        var now = Instant(microseconds: begin.microseconds - 1)
        scheduler.configure([subject.job], now: now)
        settle(now, isTold: false)
        while starts.count < limit, let wake = scheduler.nextWake(after: now), wake < end {
            now = max(now, wake)
            // What only led here is not told, and leaves nothing behind.
            if now >= first, starts.isEmpty, fittedOn != nil || forecastAsOf != nil {
                (fittedOn, forecastAsOf) = (nil, nil)
            }
            settle(now, isTold: now >= first)
        }
    }

    private mutating func settle(_ now: Instant, isTold: Bool) {
        while true {
            scheduler.advance(to: now)
            let actions = scheduler.takeActions()
            if actions.isEmpty { return }
            for action in actions {
                switch action {
                case .check(let key, let due): check(key, due, now, isTold)
                case .start(let run):
                    scheduler.ended(id: run.id, .succeeded, now: now)
                case .saveRun, .saveJob, .forgetJob, .stop, .kill: break
                }
            }
        }
    }

    private mutating func check(_ key: JobKey, _ due: Instant, _ now: Instant, _ isTold: Bool) {
        let today = subject.job.schedule.zone.day(of: now)
        let freshness = Freshness(
            judging: FreshnessFacts(
                trains: subject.trains,
                predicts: subject.predicts,
                today: today,
                maxModelAge: subject.maxModelAge,
                configurationHash: "",
                programVersion: "",
                version: version,
                forecastAsOf: forecastAsOf.map { .known($0) } ?? .none
            )
        )
        let isNeeded = freshness.isRunNeeded
        if isNeeded {
            if freshness.retrain.isNeeded { fittedOn = today }
            if subject.predicts { forecastAsOf = today - 1 }
        }
        let reasons = isNeeded ? freshness.reasons : ["fresh"]
        if isTold {
            let kind: Start.Kind = isNeeded ? .run : .check
            starts.append(Start(at: now, dueAt: due, kind: kind, reasons: reasons))
        }
        let verdict: FreshnessCheck.Verdict = isNeeded ? .stale : .fresh
        scheduler.checked(
            key,
            dueAt: due,
            FreshnessCheck(at: now, verdict: verdict, reasons: reasons)
        )
    }

    private var version: Fact<FreshnessFacts.Version> {
        // A job that only forecasts uses what another one fits.
        guard subject.trains else {
            return .known(.init(fitDay: .epoch, configurationHash: "", programVersion: ""))
        }
        return fittedOn.map {
            .known(.init(fitDay: $0, configurationHash: "", programVersion: ""))
        } ?? .none
    }
}
