import ControlAPI
import Domain

let whyCommand = CommandDefinition(
    "why",
    .look,
    arguments: ["TENANT/JOB"],
    "say what a job will do next, why, and what would change it",
    examples: ["clvctl why acme/monthly", "clvctl why acme/monthly --json"],
    options: [.json, .socket],
    notes: ["Each term of freshness stands with its figure and its limit."]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let reply = try ControlClient(arguments, surroundings).ask(
        WhyAnswer.self,
        .why,
        name.parameters
    )
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        show(reply.value, surroundings)
    }
    return reply.value.exitCode
}

private func show(_ answer: WhyAnswer, _ surroundings: Surroundings) {
    let (out, time) = (surroundings.out, surroundings.time)
    func fact(_ name: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        out.line(
            String(repeating: " ", count: max(0, 9 - name.count)) + "\(name): \(printable(text))"
        )
    }
    out.line("\(answer.tenant)/\(answer.job) is \(answer.state.rawValue)")
    fact("Now", answer.now)
    fact("Cause", answer.hold?.problem.cause)
    fact("Fix", answer.hold?.problem.fix)
    fact(
        "Next",
        answer.next.map { "\(time.near($0.at)) (\($0.at.wholeSeconds), \($0.why))" }
            ?? "nothing starts by itself"
    )
    fact(
        "Models",
        (answer.retrain.isNeeded ? "to be fitted: " : "kept: ") + answer.retrain.sentence
    )
    fact(
        "Forecast",
        (answer.forecast.isNeeded ? "to be made: " : "kept: ") + answer.forecast.sentence
    )
    if let check = answer.lastCheck {
        let reasons = check.reasons.isEmpty ? "" : " (\(check.reasons.joined(separator: ", ")))"
        fact("Checked", "\(time.near(check.at)): \(check.verdict)\(reasons)")
    }
    if answer.missed > 0 { fact("Missed", Format.plural(answer.missed, "due time")) }
    if let bytes = answer.memoryBytes {
        fact("Memory", "\(Format.bytes(bytes)) by its earlier runs")
    }
    var table = TextTable([
        .init("TERM"), .init("STATE"), .init("IS", isNumber: true), .init("LIMIT", isNumber: true),
        .init("BECAUSE", isCut: true),
    ])
    for term in answer.terms {
        table.add([
            term.name, term.state, number(term.number), number(term.limit), term.sentence,
        ])
    }
    out.line("")
    for line in table.lines(on: out.appearance) { out.line(line) }
    out.line("")
    for change in answer.changes { out.line("- \(printable(change))") }
}

private func number(_ value: Double?) -> String {
    value.map { Int(exactly: $0).map { String($0) } ?? String($0) } ?? "-"
}
