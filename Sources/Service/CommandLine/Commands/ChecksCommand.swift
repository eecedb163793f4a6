import ControlAPI
import Domain

let checksCommand = CommandDefinition(
    "checks",
    .look,
    arguments: ["TENANT/JOB"],
    "list what the checks of a job's freshness found, the newest first",
    examples: ["clvctl checks acme/monthly", "clvctl checks acme/monthly --limit 100 --json"],
    options: [.init("limit", value: "N", "how many, 20 unless told"), .json, .socket],
    notes: [
        "Only a check that finds the job stale starts a run. The last hundred are kept. Reasons are "
            + "the terms that clvctl why explains; of a check that was skipped, why nobody looked.",
        "In a pipe each check is one line, tab separated: when, verdict, reasons, stale since.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let limit = try arguments.integer("limit", in: 1...1000, default: 20)
    let reply = try ControlClient(arguments, surroundings).ask(
        ChecksAnswer.self,
        .checks,
        name.parameters,
        query: ["limit": String(limit)]
    )
    let out = surroundings.out
    if arguments.has("json") {
        out.json(reply.bytes)
    } else if !out.appearance.isTerminal {
        for check in reply.value.checks { out.line(check.record) }
    } else {
        show(reply.value, name, surroundings)
    }
    return reply.value.exitCode
}

private func show(_ answer: ChecksAnswer, _ name: JobName, _ surroundings: Surroundings) {
    let (out, time) = (surroundings.out, surroundings.time)
    guard !answer.checks.isEmpty else {
        return out.line("No checks yet. When the first one comes: clvctl next \(name.text)")
    }
    var table = TextTable([
        .init("CHECKED"), .init("UTC", importance: 2), .init("FOUND"),
        .init("STALE SINCE", importance: 1), .init("BECAUSE", isCut: true),
    ])
    for check in answer.checks {
        table.add([
            .init(text: time.near(check.at)), .init(text: check.at.wholeSeconds),
            .init(text: printable(check.verdict), style: check.style),
            .init(text: check.staleSince.map(time.near) ?? "-"),
            .init(text: printable(check.reasons.joined(separator: ", "))),
        ])
    }
    for line in table.lines(on: out.appearance) { out.line(line) }
    guard !answer.stillSo.isEmpty else { return }
    out.line("")
    for sentence in answer.stillSo { out.line("still so: \(printable(sentence))") }
}

extension ChecksAnswer.Check {
    fileprivate var style: Style {
        switch verdict {
        case "fresh": .green
        case "stale", "unknown": .yellow
        default: .plain
        }
    }

    /// One line for programs.
    fileprivate var record: String {
        [
            at.wholeSeconds, verdict, reasons.joined(separator: ","),
            staleSince?.wholeSeconds ?? "",
        ].joined(separator: "\t")
    }
}
