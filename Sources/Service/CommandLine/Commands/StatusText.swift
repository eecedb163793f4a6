import ControlAPI
import Domain
import WorkerContract

/// `clvctl status` on a terminal: the service, a table of jobs, and what needs somebody.
struct StatusText {
    private let answer: StatusAnswer
    private let out: TextStream
    private let time: LocalTime

    init(_ answer: StatusAnswer, _ surroundings: Surroundings) {
        self.answer = answer
        out = surroundings.out
        time = surroundings.time
    }

    func show() {
        showService()
        showJobs()
        showNeeds()
        if !answer.jobs.isEmpty {
            out.line("")
            out.line("More: clvctl status TENANT/JOB    clvctl runs    clvctl status --json")
        }
    }

    private func showService() {
        let service = answer.service
        let running = Format.duration(Double(service.uptimeSeconds))
        out.line(
            "clvd \(service.version) - running \(running) (pid \(service.pid)), "
                + "\(Format.plural(service.tenants, "tenant")), "
                + Format.plural(answer.jobs.count, "job")
        )
        let word = answer.health.rawValue.uppercased()
        let style: Style =
            switch answer.health {
            case .ok: .green
            case .degraded: .yellow
            case .failing: .red
            }
        var line = Style.bold.apply("HEALTH", on: out.appearance) + "  "
        line += style.apply(word, on: out.appearance) + "    " + counts
        if let next = nextStart { line += "    next: " + next }
        out.line(line)
        if let why = service.suspension { out.problem(why) }
    }

    /// `1 failed, 2 ok`, the worst first.
    private var counts: String {
        let order: [JobState] = [
            .failed, .held, .degraded, .stale, .running, .queued, .neverRun, .cancelled, .ok,
        ]
        var parts = order.compactMap { state in
            answer.counts[state.rawValue].map { "\($0) \(state.rawValue)" }
        }
        if !answer.brokenTenants.isEmpty {
            parts.append(
                Format.plural(answer.brokenTenants.count, "tenant") + " with a broken configuration"
            )
        }
        return parts.joined(separator: ", ")
    }

    private var nextStart: String? {
        let due = answer.jobs.compactMap { job in job.nextRun.map { (job.name, $0.at) } }
        return due.min { $0.1 < $1.1 }.map { "\($0.0) \(time.near($0.1))" }
    }

    private func showJobs() {
        out.line("")
        guard !answer.jobs.isEmpty else {
            out.line("No jobs are configured.")
            out.field(
                "fix",
                "put a file for each tenant into \(answer.service.configuration)/tenants.d, "
                    + "then clvctl reload",
                "  "
            )
            return
        }
        var table = TextTable([
            .init(""), .init("TENANT/JOB"), .init("STATE"), .init("LAST GOOD RUN", importance: 1),
            .init("CUSTOMERS", isNumber: true, importance: 4),
            .init("FORECAST", importance: 3), .init("MODEL AGE", importance: 5),
            .init("NEXT RUN", importance: 2),
        ])
        for job in answer.jobs { table.add(row(job)) }
        for line in table.lines(on: out.appearance) { out.line("  " + line) }
    }

    private func row(_ job: JobStatus) -> [TextTable.Cell] {
        let good = job.lastGoodRun
        let started = good.map {
            "\(time.near($0.startedAt)), \(Format.duration($0.seconds))"
        }
        return [
            .init(text: job.state.glyph(on: out.appearance), style: job.state.style),
            .init(text: job.name), .init(text: job.stateText, style: job.state.style),
            .init(text: started ?? "never"),
            .init(text: good?.customers.map(Format.count) ?? "-"),
            .init(text: job.forecastText),
            .init(text: job.model.map { "\($0.ageDays) of \($0.limitDays) days" } ?? "-"),
            .init(text: job.nextRun.map { time.near($0.at) } ?? "by hand"),
        ]
    }

    private func showNeeds() {
        let troubled = answer.jobs.filter { $0.state.exit != .fine }
        guard !troubled.isEmpty || !answer.brokenTenants.isEmpty else { return }
        out.line("")
        out.line(Style.bold.apply("NEEDS YOU", on: out.appearance))
        for tenant in answer.brokenTenants {
            let glyph = JobState.degraded.glyph(on: out.appearance)
            out.line("  \(glyph)  \(tenant.tenant)  \(printable(tenant.problem.message))")
            showAdvice(tenant.problem, then: "clvctl reload")
        }
        for job in troubled { showNeed(of: job) }
    }

    private func showNeed(of job: JobStatus) {
        let glyph = job.state.style.apply(
            job.state.glyph(on: out.appearance),
            on: out.appearance
        )
        let again = "clvctl run \(job.name) --follow"
        guard let last = job.lastError else {
            out.line("  \(glyph)  \(job.name)  \(printable(job.staleText ?? job.state.rawValue))")
            // What a run would mend, or what only people can look at.
            let run = job.state == .degraded ? "" : "\(again)    "
            out.field("then", "\(run)why: clvctl status \(job.name)", "       ")
            return
        }
        let message = printable(last.problem.message)
        out.line("  \(glyph)  \(job.name)  \(message), since \(time.near(last.since))")
        showAdvice(last.problem, then: again)
    }

    private func showAdvice(_ problem: ProblemReport, then: String) {
        let indent = "       "
        if let cause = problem.cause { out.field("cause", cause, indent) }
        if let fix = problem.fix { out.field("fix", fix, indent) }
        out.field("then", then, indent)
    }
}

extension JobStatus {
    /// `running 62 %`, `ok`.
    var stateText: String {
        guard state == .running, let stage = current?.stage else { return state.rawValue }
        guard let fraction = stage.fraction else { return "running \(stage.stage.rawValue)" }
        return "running \(stage.stage.rawValue) \(Int(fraction * 100)) %"
    }

    /// `EUR 21.4 M in a month`.
    var forecastText: String {
        guard let good = lastGoodRun else { return "-" }
        if let spend = good.expectedSpend {
            return "\(Format.money(spend, currency: currency)) per \(timePeriod.name)"
        }
        guard let purchases = good.expectedPurchases else { return "-" }
        return "\(Format.count(Int(purchases.rounded()))) purchases per \(timePeriod.name)"
    }

    /// The terms of freshness that do not hold.
    var staleText: String? {
        let terms = freshness?.terms.filter { $0.verdict != .fresh } ?? []
        guard !terms.isEmpty else { return nil }
        return terms.map(\.found).joined(separator: "; ")
    }
}
