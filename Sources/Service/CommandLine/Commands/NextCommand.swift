import Configuration
import ControlAPI
import Domain
import Scheduling

let nextCommand = CommandDefinition(
    "next",
    .look,
    arguments: ["TENANT/JOB"],
    "show when a job is checked and run next, and why",
    examples: ["clvctl next acme/monthly", "clvctl next acme/monthly --count 10 --json"],
    options: [
        .init("count", value: "N", "how many, 5 unless told"),
        .init("config", value: "DIR", "ask no clvd, compute it from this configuration"), .json,
        .socket,
    ],
    notes: [
        "When the installed clvd does not run, the times come from the configuration alone, which is "
            + "said: holds, retries and missed runs are only known to clvd.",
        "In a pipe each instant is one line, tab separated: RFC 3339 in UTC, reason.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let count = try arguments.integer("count", in: 1...1000, default: 5)
    let isFromFiles = arguments.has("config")
    if isFromFiles, arguments.has("socket") {
        throw .usage("--config and --socket exclude each other", fix: "leave one of them out")
    }
    let answer: NextAnswer
    if isFromFiles {
        answer = try planned(name, count, arguments, surroundings)
    } else {
        let client = ControlClient(arguments, surroundings)
        do throws(CommandFailure) {
            let reply = try client.ask(
                NextAnswer.self,
                .next,
                name.parameters,
                query: ["count": String(count)]
            )
            if arguments.has("json") {
                surroundings.out.json(reply.bytes)
                return reply.value.exitCode
            }
            answer = reply.value
        } catch {
            // Who names a socket asks that clvd and no other.
            guard error.report.code == "not_running", client.isUsual,
                let planned = try? planned(name, count, arguments, surroundings)
            else { throw error }
            surroundings.err.line(
                "clvd is not running: these times come from the configuration alone, without holds, "
                    + "retries and missed runs"
            )
            answer = planned
        }
    }
    if arguments.has("json") {
        surroundings.out.json(answer)
    } else {
        show(answer, name, surroundings)
    }
    return answer.exitCode
}

/// What the configuration alone leads to from now on.
private func planned(
    _ name: JobName,
    _ count: Int,
    _ arguments: ParsedArguments,
    _ surroundings: Surroundings
) throws(CommandFailure) -> NextAnswer {
    let (tenant, job) = try JobFiles.settings(of: name, arguments, surroundings)
    let schedule = try JobFiles.scheduled(job, of: tenant).schedule
    var answer = NextAnswer(
        tenant: name.tenant,
        job: name.job,
        timeZone: tenant.timeZone,
        next: schedule.starts(after: surroundings.now(), count: count).map {
            NextRun(at: $0, why: "schedule")
        }
    )
    answer.source = .configuration
    answer.reason = schedule.idleness(after: surroundings.now())?.explanation(in: schedule.zone)
    return answer
}

private func show(_ answer: NextAnswer, _ name: JobName, _ surroundings: Surroundings) {
    let out = surroundings.out
    guard !answer.next.isEmpty else {
        // A script reads lines of instants and nothing else.
        let told = out.appearance.isTerminal ? out : surroundings.err
        let why = answer.reason.map { ": \($0)" } ?? "; clvctl why \(name.text) says why"
        return told.line(
            "Nothing of \(name.text) starts by itself\(why). "
                + "Start it by hand: clvctl run \(name.text)"
        )
    }
    guard out.appearance.isTerminal else {
        for next in answer.next { out.line("\(next.at.wholeSeconds)\t\(next.why)") }
        return
    }
    var table = TextTable([
        .init("WHEN"), .init("IN", isNumber: true), .init("UTC", importance: 1), .init("WHY"),
    ])
    for next in answer.next {
        let wait = Format.duration(next.at - surroundings.now())
        table.add([surroundings.time.near(next.at), wait, next.at.wholeSeconds, next.why])
    }
    for line in table.lines(on: out.appearance) { out.line(line) }
    out.line("The schedule is in \(answer.timeZone).")
}
