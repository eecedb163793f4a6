import Domain
import Glibc
import Scheduling
import Testing

/// Five years of a machine that is off at times and whose service starts again more often; one of
/// the five in the ordinary tier.
///
/// Every zone has a job at a time of day of its own, with jitter and a blackout at night, that finds
/// something stale at every look.
@Suite struct YearsTests {
    private static let years = 2024...2028
    private static let isLong = unsafe getenv("CLVD_LONG_TESTS") != nil

    @Test("a run for every civil day when the machine is on, at its time; one to catch up at most")
    func years() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(state: seed)
        for name in civilZones {
            let zone = try TimeZoneRules(named: name)
            var job = hourly(acme)
            // A later time that a zone skips belongs to the next day's first moment, see OnCalendarTests.
            let minute = Int.random(in: 0..<1380, using: &random)
            let time = "\(minute / 60):\(minute % 60)"
            job.schedule = Schedule(
                [try OnCalendar(time)],
                blackouts: [try BlackoutWindow("01:30..02:45")],
                jitterSeconds: Jitter.seconds(machine: "m", acme, upTo: 1800),
                in: zone
            )
            let year = Int.random(in: Self.years, using: &random)
            let years = Self.isLong ? Self.years : year...year
            let first = try #require(Day(year: years.lowerBound, month: 1, day: 1))
            var life = MachineLife(job, from: first)
            let end = try #require(Day(year: years.upperBound, month: 12, day: 31))
            life.live(to: zone.instant(of: end, secondOfDay: 86_399), &random)
            let place = "\(name) at \(time), seed \(seed)"
            try expectOrder(in: life, Int(minute) * 60, place)
        }
    }

    @Test("whatever fails, is held, released or resumed: nothing starts in a blackout, all goes on")
    func trouble() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededRandom(state: seed)
        for name in civilZones {
            let zone = try TimeZoneRules(named: name)
            var job = hourly(acme)
            job.catchUp = CatchUp.allCases.randomElement(using: &random) ?? .once
            job.schedule = Schedule(
                [try OnCalendar("00,06,12,18:10")],
                blackouts: [try BlackoutWindow("01:30..02:45"), try BlackoutWindow("Sun")],
                jitterSeconds: Jitter.seconds(machine: "m", acme, upTo: 9000),
                in: zone
            )
            let year = Int.random(in: Self.years, using: &random)
            let first = try #require(Day(year: year, month: 1, day: 1))
            var life = MachineLife(job, from: first, isTroubled: true)
            life.live(
                to: zone.instant(of: first + (Self.isLong ? 365 : 60), secondOfDay: 0),
                &random
            )
            let place = "\(name), \(job.catchUp), seed \(seed)"
            for run in life.runs {
                let local = zone.localTime(of: run.at)
                try #require(
                    !(5400..<9900).contains(local.secondOfDay) && local.day.weekday != 6,
                    "\(place): \(run) is in a blackout"
                )
            }
            let end = life.now
            life.settleDown(for: 4 * 86_400)
            try #require(life.runs.contains { $0.at > end }, "\(place): it was silenced")
        }
    }

    private func expectOrder(in life: MachineLife, _ secondOfDay: Int, _ place: String) throws {
        let schedule = life.job.schedule
        let zone = schedule.zone
        var runs = Dictionary(grouping: life.runs) { zone.day(of: $0.due) }
        try #require(runs.values.allSatisfy { $0.count == 1 }, "\(place): twice for one day")
        for run in life.runs {
            let clock = zone.localTime(of: run.at).secondOfDay
            try #require(!(5400..<9900).contains(clock), "\(place): \(run) is in the blackout")
        }
        var day = zone.day(of: life.begin) + 1
        while day < zone.day(of: life.now) {
            let due = zone.instant(of: day, secondOfDay: secondOfDay)
            let start = try #require(schedule.start(ofDue: due))
            let run = runs.removeValue(forKey: day)?.first
            if let outage = life.outages.first(where: { $0.contains(start) }) {
                // Whoever was off caught up after it, within the window, or never.
                if let run { try #require(run.at >= outage.upperBound, "\(place): \(run)") }
            } else {
                try #require(run?.due == due && run?.at == start, "\(place): \(day), \(run as Any)")
            }
            day = day + 1
        }
        for outage in life.outages {
            let late = life.runs.filter {
                outage.contains(schedule.start(ofDue: $0.due) ?? life.begin)
            }
            try #require(late.count <= 1, "\(place): \(late) after \(outage)")
        }
    }
}

/// One machine with one job: what is on its disk outlives its service.
private struct MachineLife {
    struct Run {
        var at: Instant
        var due: Instant
    }

    let job: ScheduledJob
    let begin: Instant
    private(set) var now: Instant
    private(set) var runs: [Run] = []
    private(set) var outages: [Range<Instant>] = []
    private var record: JobRecord?
    private var open: [String: ScheduledRun] = [:]
    private var scheduler: Scheduler
    /// Runs fail and the job is held, as `troubles` says.
    private var isTroubled: Bool
    private var troubles = SeededRandom(state: 0)

    init(_ job: ScheduledJob, from day: Day, isTroubled: Bool = false) {
        self.job = job
        self.isTroubled = isTroubled
        begin = job.schedule.zone.instant(of: day, secondOfDay: 0)
        now = begin
        scheduler = Scheduler { "r\($0.microseconds)" }
        start()
    }

    /// To the end; a start of the service about every week, and about every third leaves it off
    /// for minutes to days.
    mutating func live(to end: Instant, _ random: inout SeededRandom) {
        troubles = SeededRandom(state: random.next())
        while now < end {
            for _ in 0..<(isTroubled ? 5 : 0) {
                work(to: min(end, now + Double.random(in: 0..<86_400, using: &random)))
                interfere()
            }
            work(to: min(end, now + Double.random(in: 0..<14 * 86_400, using: &random)))
            if Int.random(in: 0..<3, using: &random) == 0 {
                let longest = Bool.random(using: &random) ? 7200.0 : 5 * 86_400
                let back = now + Double.random(in: 120..<longest, using: &random)
                outages.append(now..<back)
                now = back
            }
            start()
        }
    }

    /// Nothing is held any more, and every run succeeds.
    mutating func settleDown(for seconds: Double) {
        isTroubled = false
        _ = scheduler.release(acme, now: now)
        _ = scheduler.resume(now: now)
        settle()
        work(to: now + seconds)
    }

    /// What people do.
    private mutating func interfere() {
        let why = ProblemReport(code: "held_by_operator", message: "")
        switch Int.random(in: 0..<6, using: &troubles) {
        case 0: scheduler.hold(acme, until: nil, why, now: now)
        case 1:
            let until = now + Double.random(in: 60..<172_800, using: &troubles)
            scheduler.hold(acme, until: until, why, now: now)
        case 2: scheduler.suspend(why, now: now)
        case 3: _ = scheduler.resume(now: now)
        default: _ = scheduler.release(acme, now: now)
        }
        settle()
    }

    private var outcome: RunOutcome {
        mutating get {
            guard isTroubled else { return .succeeded }
            let failures: [FailureClass] = [
                .transient, .transient, .crash, .crash, .refused, .configuration, .cancelled,
            ]
            return ([.succeeded] + failures.map { failure($0) }).randomElement(using: &troubles)
                ?? .succeeded
        }
    }

    private mutating func start() {
        scheduler = Scheduler { "r\($0.microseconds)" }
        scheduler.restore(runs: Array(open.values), jobs: record.map { [$0] } ?? [], now: now)
        scheduler.configure([job], now: now)
        settle()
    }

    private mutating func work(to end: Instant) {
        while let wake = scheduler.nextWake(after: now), wake < end {
            now = max(now, wake)
            settle()
        }
        now = end
    }

    private mutating func settle() {
        while true {
            scheduler.advance(to: now)
            let actions = scheduler.takeActions()
            if actions.isEmpty { return }
            for action in actions {
                switch action {
                case .saveJob(let saved): record = saved
                case .check(let key, let due):
                    let check = FreshnessCheck(at: now, verdict: .stale, reasons: ["forecast"])
                    scheduler.checked(key, dueAt: due, check)
                case .start(let run):
                    runs.append(Run(at: now, due: run.dueAt ?? now))
                    scheduler.ended(id: run.id, outcome, now: now)
                case .saveRun(let run): open[run.id] = run.state.isFinal ? nil : run
                case .forgetJob, .stop, .kill: break
                }
            }
        }
    }
}
