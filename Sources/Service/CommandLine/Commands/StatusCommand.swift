import ControlAPI
import Domain

let statusCommand = CommandDefinition(
    "status",
    .look,
    arguments: ["[TENANT[/JOB]]"],
    "show whether everything is fine, and if not, what to type",
    examples: ["clvctl status", "clvctl status acme/monthly", "clvctl status --json"],
    options: [.json, .socket],
    notes: [
        "Ends with 0 when all is well, 9 when something is stale or degraded, 1 when a job failed.",
        "In a pipe each job is one line, tab separated: job, state, start of the last good run, "
            + "customers, expected spend, currency, next run.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let client = ControlClient(arguments, surroundings)
    guard let name = arguments.positionals.first else {
        let reply = try client.ask(StatusAnswer.self, .status)
        return show(reply.value, reply.bytes, arguments, surroundings)
    }
    if !name.contains("/") {
        let answer = try client.ask(StatusAnswer.self, .status).value.only(tenant: name)
        guard !answer.jobs.isEmpty || !answer.brokenTenants.isEmpty else {
            throw CommandFailure(
                .notFound,
                "no_such_tenant",
                "there is no tenant \"\(name)\"",
                fix: "clvctl status lists them"
            )
        }
        return show(answer, nil, arguments, surroundings)
    }
    let reply = try client.ask(JobAnswer.self, .job, try JobName(name).parameters)
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        JobText(reply.value, surroundings).show()
    }
    return reply.value.exitCode
}

private func show(
    _ answer: StatusAnswer,
    _ bytes: [UInt8]?,
    _ arguments: ParsedArguments,
    _ surroundings: Surroundings
) -> CommandExit {
    if arguments.has("json") {
        if let bytes { surroundings.out.json(bytes) } else { surroundings.out.json(answer) }
    } else if surroundings.out.appearance.isTerminal {
        StatusText(answer, surroundings).show()
    } else {
        for job in answer.jobs { surroundings.out.line(job.record) }
    }
    return answer.exitCode
}

extension StatusAnswer {
    fileprivate func only(tenant: String) -> StatusAnswer {
        StatusAnswer(
            service: service,
            jobs: jobs.filter { $0.tenant == tenant },
            brokenTenants: brokenTenants.filter { $0.tenant == tenant }
        )
    }
}

extension JobStatus {
    /// One line for programs: raw numbers, RFC 3339, an empty field where nothing is known.
    fileprivate var record: String {
        [
            name, state.rawValue, lastGoodRun?.startedAt.wholeSeconds ?? "",
            lastGoodRun?.customers.map { String($0) } ?? "",
            lastGoodRun?.expectedSpend.map { Format.fixed($0, 2) } ?? "", currency ?? "",
            nextRun?.at.wholeSeconds ?? "",
        ].joined(separator: "\t")
    }
}
