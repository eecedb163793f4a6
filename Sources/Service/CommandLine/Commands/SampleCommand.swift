import ControlAPI
import Domain
import WorkerContract

let sampleCommand = CommandDefinition(
    "sample",
    .files,
    "write the purchases of a made-up shop, with the known truth beside them",
    examples: ["clvctl sample --customers 2000 --seed 1 -o shop"],
    options: [
        .init("customers", value: "N", "how many customers, 5,000 unless told"),
        .init("seed", value: "S", "same seed, same bytes; 1 unless told"),
        .init("until", value: "DATE", "the last day of its history, 2025-12-31 unless told"),
        .init("output", short: "o", value: "DIR", "where the files go, \"sample\" unless told"),
        .json, .worker,
    ],
    notes: [
        "Writes transactions.csv, customers.csv and clv_data.csv: each customer's real purchases and "
            + "spend in the year after the cut."
    ]
) { arguments, surroundings throws(CommandFailure) in
    let customers = try arguments.integer("customers", in: 1...5_000_000, default: 5000)
    let seedText = arguments.value("seed") ?? "1"
    guard let seed = UInt64(seedText) else {
        throw .usage(
            "--seed takes a whole number, not \"\(seedText)\"",
            fix: "for example --seed 1"
        )
    }
    let directory = surroundings.absolute(arguments.value("output") ?? "sample")
    let plan = Plan(
        runID: surroundings.newRunID("sample"),
        tenant: "file",
        job: "sample",
        work: .sample(
            SampleSettings(
                customers: customers,
                seed: seed,
                directory: directory,
                cut: try arguments.value("until").map(parseDay)
            )
        )
    )
    _ = try WorkerSession(plan, arguments, surroundings).run()
    if arguments.has("json") {
        surroundings.out.json(SampleAnswer(directory: directory, customers: customers, seed: seed))
    } else {
        surroundings.out.line("Wrote the sample shop to \(directory)")
        surroundings.out.field(
            "next",
            "clvctl pipeline \(directory)/transactions.csv --customer user_id --time days "
                + "--amount transaction_value -o clv.csv",
            "  "
        )
    }
    return .fine
}

/// `clvctl sample --json`.
private struct SampleAnswer: Codable {
    var schema = "clvctl.sample/1"
    var exitCode = CommandExit.fine
    var directory: String
    var customers: Int
    var seed: UInt64

    init(directory: String, customers: Int, seed: UInt64) {
        self.directory = directory
        self.customers = customers
        self.seed = seed
    }

    private enum CodingKeys: String, CodingKey {
        case schema, directory, customers, seed
        case exitCode = "exit_code"
    }
}
