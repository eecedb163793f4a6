import Configuration
import ControlAPI
import Domain

let holdCommand = CommandDefinition(
    "hold",
    .act,
    arguments: ["TENANT/JOB"],
    "keep a job from starting by itself",
    examples: [
        "clvctl hold acme/monthly --until 2026-12-01T06:00:00Z --reason stocktaking",
        "clvctl hold acme/monthly --until 3d",
    ],
    options: [
        .init(
            "until",
            value: "TIME",
            "2026-12-01, a time in UTC such as 2026-12-01T06:00:00Z, or 8h, 3d from now; else open"
        ),
        .init("reason", value: "TEXT", "what status and why will say"), .json, .socket,
    ],
    notes: [
        "It outlives restarts. A run that goes on is not stopped; clvctl run still starts one.",
        "A date is its first moment in UTC. The end of the hold catches up what was due meanwhile.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let until: Instant? =
        if let text = arguments.value("until") {
            try moment(text, surroundings.now())
        } else { nil }
    let reply = try ControlClient(arguments, surroundings).ask(
        HoldAnswer.self,
        .hold,
        name.parameters,
        body: HoldRequest(until: until, reason: arguments.value("reason"))
    )
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        let end =
            reply.value.hold?.until.map { "until \($0.wholeSeconds)" } ?? "until it is released"
        surroundings.out.line("\(name.text) is held \(end)")
    }
    return reply.value.exitCode
}

let releaseCommand = CommandDefinition(
    "release",
    .act,
    arguments: ["TENANT/JOB"],
    "end the hold of a job, by an operator or by a failure",
    examples: ["clvctl release acme/monthly"],
    options: [.json, .socket],
    notes: ["What was due meanwhile, or failed, is caught up as catch_up, jitter and blackout say."]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let reply = try ControlClient(arguments, surroundings).ask(
        HoldAnswer.self,
        .release,
        name.parameters
    )
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        surroundings.out.line("\(name.text) is released")
    }
    return reply.value.exitCode
}

let resumeCommand = CommandDefinition(
    "resume",
    .act,
    "let jobs start again after clvd crashed too often and holds them all",
    examples: ["journalctl -u clvd -n 100 && clvctl resume"],
    options: [.json, .socket],
    notes: ["clvctl status says when that is so. Jobs that are held by themselves stay so."]
) { arguments, surroundings throws(CommandFailure) in
    let reply = try ControlClient(arguments, surroundings).ask(ResumeAnswer.self, .resume)
    if arguments.has("json") {
        surroundings.out.json(reply.bytes)
    } else {
        surroundings.out.line(
            reply.value.wasSuspended ? "Jobs start again" : "Nothing was held after crashes"
        )
    }
    return reply.value.exitCode
}

/// A day, a time, or a length of time from now.
private func moment(_ text: String, _ now: Instant) throws(CommandFailure) -> Instant {
    if let instant = Instant(text) { return instant }
    if let day = Day(text) { return Instant(seconds: Int64(day.number) * 86_400) }
    if let length = DurationText(text) { return now + Double(length.seconds) }
    throw .usage(
        "\"\(text)\" is not a time",
        fix: "write it as 2026-12-01, 2026-12-01T06:00:00Z, 8h or 3d"
    )
}
