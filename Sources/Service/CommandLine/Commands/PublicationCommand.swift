import Configuration
import ControlAPI
import Domain
import WorkerContract

let publicationRollbackCommand = CommandDefinition(
    "publication rollback",
    .act,
    arguments: ["TENANT/JOB"],
    "show readers the forecast before the current one, in one step",
    examples: [
        "clvctl publication rollback acme/monthly",
        "clvctl publication rollback acme/monthly --to 41",
    ],
    options: [
        .init("to", value: "N", "the publication to show, older or newer; publications lists them"),
        .configuration, .json, .worker,
    ],
    notes: [
        "The next run publishes as always; clvctl hold TENANT/JOB keeps it from starting.",
        "What is kept is set by keep_publications. Rows come back with the changed_at that they had.",
        "It is refused during the job's whole run: wait for its end, or clvctl cancel TENANT/JOB.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let work = TenantWork(arguments: arguments, surroundings: surroundings)
    guard let text = arguments.positionals.first else {
        throw .usage("publication rollback needs a job", fix: "write it as TENANT/JOB")
    }
    let name = try JobName(text)
    let tenant = try work.tenant(name.tenant)
    guard tenant.jobs.contains(where: { $0.name == name.job }) else {
        throw CommandFailure(
            .notFound,
            "no_such_job",
            "tenant \"\(name.tenant)\" has no job \"\(name.job)\"",
            fix: DidYouMean.sentence(name.job, among: tenant.jobs.map(\.name))
        )
    }
    let number =
        arguments.has("to")
        ? try arguments.integer("to", in: 1...Int(Int32.max), default: 1) : nil
    let report = try work.report(of: .rollback, for: tenant, job: name.job) { $0.number = number }
    guard let move = report.move else {
        throw CommandFailure(.failed, "no_report", "the worker did not say what it did")
    }
    if arguments.has("json") {
        surroundings.out.json(RollbackAnswer(job: name.text, move: move))
    } else {
        let day = move.asOf.map { ", with purchases until \($0)" } ?? ""
        surroundings.out.line(
            "\(name.text): readers see publication \(move.to)\(day), before it was \(move.from)"
        )
    }
    return .fine
}

/// `clvctl publication rollback --json`.
private struct RollbackAnswer: Codable {
    var schema = "clvctl.publication_rollback/1"
    var exitCode = CommandExit.fine
    var job: String
    var from: Int
    var to: Int
    var asOf: Day?

    init(job: String, move: DatabaseReport.Move) {
        self.job = job
        from = move.from
        to = move.to
        asOf = move.asOf
    }

    private enum CodingKeys: String, CodingKey {
        case schema, job, from, to
        case asOf = "as_of"
        case exitCode = "exit_code"
    }
}
