import ControlAPI
import Domain
import WorkerContract

let runsCommand = CommandDefinition(
    "runs",
    .look,
    arguments: ["[TENANT[/JOB]]"],
    "list the runs, the newest first",
    examples: [
        "clvctl runs acme/monthly", "clvctl runs --state failed",
        "clvctl runs --limit 100 --json",
    ],
    options: [
        .init("state", value: "STATE", "only those that are \(stateWords)"),
        .init("limit", value: "N", "how many, 20 unless told"), .json, .socket,
    ],
    notes: [
        "In a pipe each run is one line, tab separated: run, job, state, start, seconds, rows read, "
            + "rows rejected, customers, error code."
    ]
) { arguments, surroundings throws(CommandFailure) in
    let limit = try arguments.integer("limit", in: 1...10_000, default: 20)
    let state = try wantedState(arguments)
    let parts = (arguments.positionals.first ?? "").split(separator: "/", maxSplits: 1)
    let reply = try ControlClient(arguments, surroundings).ask(
        RunsAnswer.self,
        .runs,
        query: [
            "tenant": parts.first.map(String.init),
            "job": parts.count == 2 ? String(parts[1]) : nil, "state": state?.rawValue,
            "limit": String(limit),
        ]
    )
    let out = surroundings.out
    if arguments.has("json") {
        out.json(reply.bytes)
    } else if !out.appearance.isTerminal {
        for run in reply.value.runs { out.line(run.record) }
    } else if reply.value.runs.isEmpty, let state {
        out.line("No run is \(state.rawValue). All of them: clvctl runs")
    } else if reply.value.runs.isEmpty {
        out.line("No runs yet. Start one: clvctl run TENANT/JOB")
    } else {
        RunsText(reply.value.runs, out, surroundings.time).show(withJob: true)
    }
    return reply.value.exitCode
}

private let stateWords = RunState.allCases.map(\.rawValue).joined(separator: ", ")

/// Nil: any.
private func wantedState(_ arguments: ParsedArguments) throws(CommandFailure) -> RunState? {
    guard let text = arguments.value("state") else { return nil }
    if let state = RunState(rawValue: text) { return state }
    throw .usage(
        "\"\(text)\" is not a state of a run",
        fix: DidYouMean.sentence(text, among: RunState.allCases.map(\.rawValue))
            ?? "the states are \(stateWords)"
    )
}

/// A table of runs for people.
struct RunsText {
    private let runs: [Run]
    private let out: TextStream
    private let time: LocalTime

    init(_ runs: [Run], _ out: TextStream, _ time: LocalTime) {
        self.runs = runs
        self.out = out
        self.time = time
    }

    func show(withJob: Bool) {
        var columns: [TextTable.Column] = [
            .init("RUN"), .init("STARTED"), .init("TOOK", isNumber: true, importance: 1),
            .init("ROWS READ", isNumber: true, importance: 4),
            .init("REJECTED", isNumber: true, importance: 3),
            .init("CUSTOMERS", isNumber: true, importance: 2), .init("RESULT", isCut: true),
        ]
        if withJob { columns.insert(.init("TENANT/JOB"), at: 1) }
        var table = TextTable(columns)
        for run in runs { table.add(row(run, withJob)) }
        for line in table.lines(on: out.appearance) { out.line(line) }
    }

    private func row(_ run: Run, _ withJob: Bool) -> [TextTable.Cell] {
        let numbers = [run.rows?.read, run.rows?.rejected, run.data?.customers]
        var texts = [run.runID, time.near(run.startedAt ?? run.queuedAt)]
        texts.append(run.seconds.map(Format.duration) ?? "-")
        texts += numbers.map { $0.map(Format.count) ?? "-" }
        if withJob { texts.insert("\(run.tenant)/\(run.job)", at: 1) }
        // A run that goes on may still carry the error of its last attempt.
        let error = run.state == .running ? nil : run.error
        let result = run.state.rawValue + (error.map { ": \($0.message)" } ?? "")
        let end = TextTable.Cell(text: printable(result), style: run.state.style)
        return texts.map { TextTable.Cell(text: $0) } + [end]
    }
}

extension RunState {
    var style: Style {
        switch self {
        case .succeeded: .green
        case .failed: .red
        case .interrupted: .yellow
        case .running: .blue
        case .queued, .cancelled: .plain
        }
    }
}

extension Run {
    /// One line for programs.
    fileprivate var record: String {
        let numbers = [rows?.read, rows?.rejected, data?.customers].map {
            $0.map(String.init) ?? ""
        }
        let head = [
            runID, "\(tenant)/\(job)", state.rawValue, startedAt?.wholeSeconds ?? "",
            seconds.map { Format.fixed($0, 3) } ?? "",
        ]
        return (head + numbers + [error?.code ?? ""]).joined(separator: "\t")
    }
}
