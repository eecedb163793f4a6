import ControlAPI
import Domain

let cancelCommand = CommandDefinition(
    "cancel",
    .act,
    arguments: ["RUN|TENANT/JOB"],
    "ask a queued or running run to stop",
    examples: ["clvctl cancel r-261120-k3x9a", "clvctl cancel acme/monthly"],
    options: [.json, .socket],
    notes: [
        "What is published stays as it is. The wish outlives a restart of clvd; a worker that does "
            + "not stop within workers.stop_timeout is killed."
    ]
) { arguments, surroundings throws(CommandFailure) in
    let client = ControlClient(arguments, surroundings)
    let id = try runToCancel(arguments.positionals[0], client)
    let reply = try client.ask(RunAnswer.self, .cancelRun, ["run": id])
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        let run = reply.value.run
        let what = run.state.isOver ? "is \(run.state.rawValue)" : "is asked to stop"
        surroundings.out.line("Run \(run.runID) of \(run.tenant)/\(run.job) \(what)")
    }
    return reply.value.exitCode
}

/// The run itself, or the one that a job has.
private func runToCancel(
    _ text: String,
    _ client: ControlClient
) throws(CommandFailure) -> String {
    guard text.contains("/") else { return text }
    let name = try JobName(text)
    let job = try client.ask(JobAnswer.self, .job, name.parameters).value
    guard let id = job.job.current?.runID else {
        throw CommandFailure(
            .failed,
            "no_run",
            "\(text) has no run that is queued or goes on",
            fix: "clvctl runs \(text) lists what it had"
        )
    }
    return id
}

let modelsCommand = CommandDefinition(
    "models",
    .look,
    arguments: ["TENANT/JOB"],
    "list the stored versions of a job's models",
    examples: ["clvctl models acme/monthly", "clvctl models acme/monthly --json"],
    options: [.json, .socket],
    notes: [
        "In a pipe each version is one line, tab separated: model, version, day of the fit, time "
            + "period, age and limit in days, champion or stored, reasons to be stale."
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let reply = try ControlClient(arguments, surroundings).ask(
        ModelsAnswer.self,
        .models,
        name.parameters
    )
    let out = surroundings.out
    if arguments.has("json") {
        out.json(reply.bytes)
    } else if out.appearance.isTerminal && reply.value.models.isEmpty {
        out.line("No version is stored yet. Fit one: clvctl run \(name.text) --retrain")
    } else {
        showModels(reply.value.models, out)
    }
    return reply.value.exitCode
}

private func showModels(_ models: [ModelVersion], _ out: TextStream) {
    var table = TextTable([
        .init("MODEL"), .init("VERSION"), .init("FITTED ON"), .init("TIME PERIOD", importance: 2),
        .init("AGE", isNumber: true), .init("LIMIT", isNumber: true, importance: 1), .init("USE"),
        .init("STALE BECAUSE"),
    ])
    for model in models {
        table.add([
            model.name, model.version, "\(model.trainedOn)", model.timePeriod.name,
            String(model.ageDays), String(model.limitDays),
            model.isChampion ? "champion" : "stored", model.staleReasons.joined(separator: ", "),
        ])
    }
    if out.appearance.isTerminal {
        for line in table.lines(on: out.appearance) { out.line(line) }
    } else {
        for row in table.rows { out.line(row.map(\.text).joined(separator: "\t")) }
    }
}

let reloadCommand = CommandDefinition(
    "reload",
    .setUp,
    "apply the configuration files; what cannot be used is refused as a whole",
    examples: ["sudo clvctl reload", "clvctl config check && sudo clvctl reload --wait"],
    options: [
        .init("wait", "wait for the answer, as always; for scripts that want to say so"), .json,
        .socket,
    ],
    notes: ["Ends with 5 when the new configuration has errors; then the old one stays in use."]
) { arguments, surroundings throws(CommandFailure) in
    let reply = try ControlClient(arguments, surroundings).ask(
        ReloadAnswer.self,
        .reload,
        timeoutSeconds: 120
    )
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
        return reply.value.exitCode
    }
    for diagnostic in reply.value.diagnostics {
        surroundings.err.line(printable(diagnostic.text, keepingLines: true))
    }
    if reply.value.ok {
        surroundings.out.line("The configuration is applied (generation \(reply.value.generation))")
    } else {
        surroundings.err.line(
            "The configuration is not applied, generation \(reply.value.generation) stays in use"
        )
        surroundings.err.field("fix", "correct it, then clvctl config check", "  ")
    }
    return reply.value.exitCode
}
