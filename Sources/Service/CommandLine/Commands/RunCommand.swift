import ControlAPI
import Domain

private let timeout = OptionDefinition(
    "timeout",
    value: "TIME",
    "stop waiting after 90s, 30m, 2h; the run goes on and the exit code is 7"
)

let runCommand = CommandDefinition(
    "run",
    .act,
    arguments: ["TENANT/JOB"],
    "start a job now",
    examples: [
        "clvctl run acme/monthly --follow",
        "clvctl run acme/monthly --retrain --wait --timeout 30m",
        "clvctl run acme/monthly --as-of 2026-06-30 --detach",
    ],
    options: [
        .init("follow", "show every step; what a terminal gets"),
        .init("wait", "only say how it ended; what a pipe gets"),
        .init("detach", "print the run's id and leave"),
        .init("retrain", "fit the models anew, however fresh they are"),
        .init("as-of", value: "DATE", "the last day whose purchases are known, YYYY-MM-DD"),
        timeout, .json, .socket,
    ],
    notes: [
        "A job that is already running is joined. Ctrl-C stops watching, never the run.",
        "Ends as the run does: 0 succeeded, 1 failed.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let name = try JobName(arguments.positionals[0])
    let manners = ["follow", "wait", "detach"].filter(arguments.has)
    guard manners.count < 2 else {
        throw .usage("--\(manners[0]) and --\(manners[1]) exclude each other", fix: "leave one out")
    }
    let asOf = try arguments.value("as-of").map(parseDay)
    let client = ControlClient(arguments, surroundings)
    let started = try client.ask(
        StartAnswer.self,
        .startRun,
        name.parameters,
        body: StartRequest(retrain: arguments.has("retrain"), asOf: asOf)
    )
    let runID = started.value.runID
    if !started.value.isNew {
        surroundings.err.line("\(name.text) already has run \(runID), which is joined")
    }
    if manners == ["detach"] {
        if arguments.has("json") {
            surroundings.out.json(started.bytes)
        } else {
            surroundings.out.line(runID)
        }
        return .fine
    }
    let preset = surroundings.out.appearance.isTerminal ? "follow" : "wait"
    let manner: RunWatcher.Manner = (manners.first ?? preset) == "follow" ? .follow : .wait
    return try RunWatcher(runID, manner, client, arguments, surroundings).watch()
}

let watchCommand = CommandDefinition(
    "watch",
    .look,
    arguments: ["RUN"],
    "follow a run that goes on",
    examples: ["clvctl watch r-4472", "clvctl watch r-4472 --json"],
    options: [timeout, .json, .socket],
    notes: ["With --json one line per change; the last one is of type \"result\"."]
) { arguments, surroundings throws(CommandFailure) in
    let client = ControlClient(arguments, surroundings)
    let runID = arguments.positionals[0]
    return try RunWatcher(runID, .follow, client, arguments, surroundings).watch()
}

func parseDay(_ text: String) throws(CommandFailure) -> Day {
    guard let day = Day(text) else {
        throw .usage("\"\(text)\" is not a date", fix: "write it as YYYY-MM-DD")
    }
    return day
}
