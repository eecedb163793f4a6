import Configuration
import ControlAPI
import Domain
import WorkerContract

/// Answers as a service with a little history would give them.
enum Samples {
    struct Missing: Error {}

    static func job(_ name: String, _ state: JobState) throws -> JobStatus {
        guard let month = TimePeriod("month") else { throw Missing() }
        var job = JobStatus(
            tenant: name,
            job: "monthly",
            kind: .trainPrediction,
            state: state,
            timePeriod: month,
            timeZone: "Europe/Berlin",
            origin: "/etc/clvd/tenants.d/\(name).toml:14"
        )
        job.currency = "EUR"
        var good = GoodRun(runID: "r-1", startedAt: Typing.now + -7200, seconds: 252)
        good.customers = 182_410
        good.expectedPurchases = 64_000.4
        good.expectedSpend = 21_400_312.554
        job.lastGoodRun = good
        job.nextRun = NextRun(at: Typing.now + 86_400, why: "schedule")
        job.model = ModelVersion(
            name: "bg_nbd",
            version: "v-0192",
            trainedOn: Typing.now.utcDay - 18,
            timePeriod: month,
            ageDays: 18,
            limitDays: 30,
            isChampion: true,
            staleReasons: []
        )
        return job
    }

    static func failedJob() throws -> JobStatus {
        var job = try job("cedar", .failed)
        job.lastError = LastError(
            problem: ProblemReport(
                code: "permission",
                message: "the database refused to read \"public.orders\"",
                cause: "ERROR: permission denied for table orders\u{1b}[31m (SQLSTATE 42501)",
                fix: "GRANT SELECT ON public.orders TO clvd_cedar;"
            ),
            runID: "r-7",
            since: Typing.now + -86_400
        )
        return job
    }

    static func status(_ jobs: [JobStatus]) -> StatusAnswer {
        StatusAnswer(
            service: ServiceStatus(
                version: "0.1.0",
                pid: 812,
                startedAt: Typing.now + -345_600,
                uptimeSeconds: 345_600,
                tenants: jobs.count,
                generation: 1,
                configuration: "/etc/clvd"
            ),
            jobs: jobs,
            brokenTenants: []
        )
    }

    static func run(_ state: RunState) -> Run {
        var run = Run(
            runID: "r-4472",
            tenant: "acme",
            job: "monthly",
            state: state,
            queuedAt: Typing.now + -30
        )
        run.startedAt = Typing.now + -20
        run.stages = StageProgress.waiting
        if state.isOver { run.finishedAt = Typing.now }
        if state == .succeeded {
            run.rows = .init(read: 3_120_551, accepted: 3_120_533, rejected: 18)
            run.totals = [.init(horizonDays: 30, purchases: .init(64_000), spend: .init(21.6e6))]
            run.currency = "EUR"
        }
        if state == .failed {
            run.error = ProblemReport(code: "login", message: "could not log in", fix: "psql")
        }
        return run
    }

    /// A stream of events as lines.
    static func events(_ end: RunState?) throws -> String {
        var running = StageProgress(.ingest)
        running.state = .running
        var done = running
        done.state = .done
        done.rows = 3_120_551
        done.seconds = 41
        var events: [RunEvent] = [
            .state(run(.running), at: Typing.now),
            .progress(running, runID: "r-4472", at: Typing.now),
            .progress(done, runID: "r-4472", at: Typing.now + 41),
            .warning(.init(code: "few", message: "few rows"), runID: "r-4472", at: Typing.now),
        ]
        if let end { events.append(.state(run(end), at: Typing.now)) }
        return try events.map { try text($0) + "\n" }.joined()
    }
}
