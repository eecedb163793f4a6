import Configuration
import ControlAPI
import Domain
import Scheduling

let simulateCommand = CommandDefinition(
    "simulate",
    .files,
    arguments: ["TENANT/JOB"],
    "list every start that a job's schedule makes between two days",
    examples: [
        "clvctl simulate acme/monthly --from 2026-03-01 --to 2026-03-31",
        "clvctl simulate acme/monthly --from 2026-01-01 --to 2030-12-31 --config ./clvd --json",
    ],
    options: [
        .init("from", value: "DATE", "the first day, in the job's time zone"),
        .init("to", value: "DATE", "the last day, included"),
        .init("limit", value: "N", "how many starts at most, 100000 unless told"),
        .init("config", value: "DIR", "the configuration; what clvd reads unless told"), .json,
    ],
    notes: [
        "Touches nothing and needs no clvd: the scheduler of clvd on a clock of its own, where every "
            + "run succeeds at once and nothing is stored at first.",
        "A run is a start that finds something stale, a check one that does not. In a pipe each is "
            + "one line, tab separated: RFC 3339 in UTC, run or check, reasons.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let (first, last) = (try day("from", arguments), try day("to", arguments))
    guard first <= last else {
        throw .usage("--from \(first) is after --to \(last)", fix: "exchange them")
    }
    guard last - first <= 50 * 366 else {
        throw .usage("more than fifty years cannot be simulated", fix: "choose a nearer --to")
    }
    let (tenant, job) = try JobFiles.settings(of: name, arguments, surroundings)
    let subject = Simulation.Subject(
        job: try JobFiles.scheduled(job, of: tenant),
        trains: job.kind != .prediction,
        predicts: job.kind != .train,
        maxModelAge: job.maxModelAge
    )
    let limit = try arguments.integer("limit", in: 1...10_000_000, default: 100_000)
    let found = Simulation.starts(of: subject, from: first, to: last, limit: limit + 1)
    let starts = Array(found.prefix(limit))
    let note =
        found.count > limit
        ? "Stopped after \(Format.plural(limit, "start")), there are more: choose a nearer --to or a "
            + "higher --limit"
        : starts.isEmpty ? emptiness(subject.job.schedule, first) : nil
    if arguments.has("json") {
        var answer = SimulationAnswer(name, tenant, first, last, starts)
        (answer.isComplete, answer.note) = (found.count <= limit, note)
        surroundings.out.json(answer)
    } else {
        show(starts, subject.job.schedule.zone, surroundings)
        // A script reads lines of starts and nothing else.
        let told = surroundings.out.appearance.isTerminal ? surroundings.out : surroundings.err
        if let note { told.line(note) }
    }
    return .fine
}

let cronCommand = CommandDefinition(
    "cron2calendar",
    .files,
    arguments: ["LINE"],
    "write the five fields of a cron line as calendar expressions for schedule",
    examples: ["clvctl cron2calendar '30 2 * * mon-fri'"],
    options: [.json],
    notes: [
        "A day of the month and a weekday that are both given are a union in cron, and two "
            + "expressions here: schedule = [\"...\", \"...\"]."
    ],
    tooManyWords: "put the line in quotes, as in clvctl cron2calendar '30 2 * * mon-fri'"
) { arguments, surroundings throws(CommandFailure) in
    do throws(SchedulingError) {
        let texts = try CronExpression.calendars(arguments.positionals[0]).map(\.text)
        if arguments.has("json") {
            surroundings.out.json(CalendarAnswer(cron: arguments.positionals[0], calendars: texts))
        } else {
            for text in texts { surroundings.out.line(text) }
        }
        return .fine
    } catch {
        throw CommandFailure(error.report, exit: .usage)
    }
}

private func day(_ option: String, _ arguments: ParsedArguments) throws(CommandFailure) -> Day {
    guard let text = arguments.value(option) else {
        throw .usage("--\(option) is missing", fix: "for example --\(option) 2026-03-01")
    }
    return try parseDay(text)
}

/// Why nothing starts between two days.
private func emptiness(_ schedule: Schedule, _ first: Day) -> String {
    let begin = schedule.zone.instant(of: first, secondOfDay: 0)
    let before = Instant(microseconds: begin.microseconds - 1)
    if let idleness = schedule.idleness(after: before) {
        return "Nothing starts by itself: \(idleness.explanation(in: schedule.zone))"
    }
    let next = schedule.starts(after: before, count: 1).first
    return "Nothing starts in these days"
        + (next.map { "; the next start is at \(schedule.zone.clock($0))" } ?? "")
}

private func show(
    _ starts: [Simulation.Start],
    _ zone: TimeZoneRules,
    _ surroundings: Surroundings
) {
    let out = surroundings.out
    guard out.appearance.isTerminal else {
        for start in starts {
            let words = [
                start.at.wholeSeconds, start.kind.rawValue, start.reasons.joined(separator: ","),
            ]
            out.line(words.joined(separator: "\t"))
        }
        return
    }
    var table = TextTable([
        .init("WHEN, \(zone.name)"), .init("UTC"), .init("WHAT"), .init("WHY", isCut: true),
    ])
    for start in starts {
        table.add([
            zone.clock(start.at), start.at.wholeSeconds, start.kind.rawValue,
            start.reasons.joined(separator: ", "),
        ])
    }
    for line in table.lines(on: out.appearance) { out.line(line) }
    let runs = starts.count { $0.kind == .run }
    out.line(
        "\(Format.plural(runs, "run")), \(Format.plural(starts.count - runs, "check")) without one"
    )
}

extension TimeZoneRules {
    /// `2026-03-29 03:00:00`, as the clock on the wall shows it.
    fileprivate func clock(_ instant: Instant) -> String {
        let local = localTime(of: instant)
        let parts = [local.secondOfDay / 3600, local.secondOfDay / 60 % 60, local.secondOfDay % 60]
        return "\(local.day) " + parts.map { padded($0, 2) }.joined(separator: ":")
    }
}

/// `clvctl simulate --json`.
private struct SimulationAnswer: Codable {
    struct Start: Codable {
        var at: Instant
        /// Differs from `at` by jitter and blackouts.
        var dueAt: Instant
        var kind: Simulation.Start.Kind
        var reason: String
        var reasons: [String]

        private enum CodingKeys: String, CodingKey {
            case at, kind, reason, reasons
            case dueAt = "due_at"
        }
    }

    var schema = "clvctl.simulate/1"
    var exitCode = CommandExit.fine
    var tenant: String
    var job: String
    var timeZone: String
    var from: Day
    var to: Day
    /// False when the limit cut it off.
    var isComplete = true
    /// Why there are no starts, or not all.
    var note: String?
    var starts: [Start]

    init(
        _ name: JobName,
        _ tenant: TenantSettings,
        _ first: Day,
        _ last: Day,
        _ starts: [Simulation.Start]
    ) {
        self.tenant = name.tenant
        job = name.job
        timeZone = tenant.timeZone
        (from, to) = (first, last)
        self.starts = starts.map {
            Start(
                at: $0.at,
                dueAt: $0.dueAt,
                kind: $0.kind,
                reason: $0.reasons.joined(separator: ", "),
                reasons: $0.reasons
            )
        }
    }

    private enum CodingKeys: String, CodingKey {
        case schema, tenant, job, from, to, note, starts
        case isComplete = "is_complete"
        case exitCode = "exit_code"
        case timeZone = "time_zone"
    }
}

/// `clvctl cron2calendar --json`.
private struct CalendarAnswer: Codable {
    var schema = "clvctl.cron2calendar/1"
    var exitCode = CommandExit.fine
    var cron: String
    var calendars: [String]

    private enum CodingKeys: String, CodingKey {
        case schema, cron, calendars
        case exitCode = "exit_code"
    }
}
