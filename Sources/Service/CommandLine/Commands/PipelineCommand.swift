import Configuration
import ControlAPI
import Domain
import WorkerContract

let pipelineCommand = CommandDefinition(
    "pipeline",
    .files,
    arguments: ["FILE"],
    "forecast each customer of a CSV file; needs no service and no database",
    examples: [
        "clvctl pipeline purchases.csv --customer user_id --time days --amount price -o clv.csv",
        "clvctl pipeline purchases.csv.gz --customer user_id --time days | head",
    ],
    options: [
        .init("customer", value: "COL", "the column with the customer's id"),
        .init("time", value: "COL", "the column with the day or time of a purchase"),
        .init("amount", value: "COL", "the column with the amount; left out: purchases only"),
        .init("order-id", value: "COL", "the column with the order's id, to find duplicates"),
        .init(
            "covariate",
            value: "COL",
            "a column of groups, e.g. the channel, for model cox; up to 4"
        ),
        .init("as-of", value: "DATE", "the last known day; else the newest purchase day"),
        .init("horizon", value: "DAYS|NAME", "how far ahead, repeatable; a month unless told"),
        .init("models", value: "LIST", "names with commas; chosen by the program unless told"),
        .init("priors", value: "KIND", "weak unless told; none: plain maximum likelihood"),
        .init("season", value: "KIND", "auto unless told: two years that show one; or none"),
        .init(
            "margin",
            value: "SHARE",
            "the part of the spend that counts as value; 1 unless told"
        ),
        .init("discount", value: "RATE", "how much less a year makes value worth; 0 unless told"),
        .init("output", short: "o", value: "OUT.csv", "the table; else standard output"),
        .init("report", value: "REPORT.json", "what was read, fitted and predicted"),
        .init("rejected", value: "REJECTED.csv", "the rows that take no part, with all reasons"),
        .json, .worker,
    ],
    notes: [
        "The table has the columns of customer_predictions. Horizons: 90, month, 6*month, year.",
        "Models of "
            + ModelName.Kind.allCases.map { kind in
                let names = ModelName.all.filter { $0.kind == kind }.map(\.name)
                return "\(kind.rawValue): \(names.joined(separator: ", "))"
            }.joined(separator: "; ") + ". Of several of a kind the first forecasts.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let settings = try pipelineSettings(arguments, surroundings)
    let toStandardOutput = settings.output == nil
    if toStandardOutput && arguments.has("json") {
        throw .usage("--json and the table cannot share standard output", fix: "add -o OUT.csv")
    }
    let plan = Plan(
        runID: surroundings.newRunID("pipeline"),
        tenant: "file",
        job: "pipeline",
        asOf: try arguments.value("as-of").map(parseDay),
        work: .pipeline(settings)
    )
    let session = try WorkerSession(
        plan,
        arguments,
        surroundings,
        table: toStandardOutput ? 1 : nil,
        ownsTerminal: !(toStandardOutput && surroundings.out.appearance.isTerminal)
    )
    let result = try session.run()
    if arguments.has("json") {
        surroundings.out.json(PipelineAnswer(result))
    } else {
        let text = RunSummaryText(out: surroundings.err, time: surroundings.time)
        text.showFigures(
            rows: result.rows,
            customers: result.data?.customers,
            models: result.models,
            totals: result.totals,
            season: result.season,
            oneTimers: result.oneTimers,
            newcomers: result.newcomers,
            pastTotals: result.pastTotals,
            drift: nil,
            currency: nil
        )
        if let memory = result.peakMemoryBytes {
            surroundings.err.field("memory", "\(Format.bytes(memory)) at most", "  ")
        }
        if let output = settings.output { surroundings.err.field("wrote", output, "  ") }
    }
    return .fine
}

private func pipelineSettings(
    _ arguments: ParsedArguments,
    _ surroundings: Surroundings
) throws(CommandFailure) -> PipelineSettings {
    func required(_ name: String) throws(CommandFailure) -> String {
        guard let value = arguments.value(name), !value.isEmpty else {
            throw .usage("--\(name) is missing", fix: "name the column, see clvctl help pipeline")
        }
        return value
    }
    let paths = try PipelinePaths(arguments, surroundings)
    let columns = ColumnSettings(
        customer: try required("customer"),
        time: try required("time"),
        amount: arguments.value("amount"),
        order: arguments.value("order-id"),
        covariates: try covariates(arguments)
    )
    var horizons: [TimePeriod] = []
    for text in arguments.values("horizon") {
        let period = try parseHorizon(text)
        if !horizons.contains(where: { $0.days == period.days }) { horizons.append(period) }
    }
    if horizons.isEmpty { horizons = [try parseHorizon("month")] }
    var settings = PipelineSettings(
        path: paths.input,
        columns: columns,
        horizons: horizons,
        models: try arguments.value("models").map(parseModels) ?? [],
        priors: try arguments.value("priors").map(parsePriors) ?? .weak,
        season: try arguments.value("season").map(parseSeason) ?? .auto,
        output: paths.output,
        report: paths.report,
        rejected: paths.rejected
    )
    if let margin = try arguments.value("margin").map(parseShare) { settings.grossMargin = margin }
    if let discount = try arguments.value("discount").map(parseShare) {
        settings.annualDiscountRate = discount
    }
    return settings
}

private func parseShare(_ text: String) throws(CommandFailure) -> Double {
    guard let share = Double(text), (0...1).contains(share) else {
        throw .usage("\"\(text)\" is not a share", fix: "a number from 0 to 1, such as 0.35")
    }
    return share
}

/// `auto` is an empty list.
private func parseModels(_ text: String) throws(CommandFailure) -> [String] {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.filter { !$0.isWhitespace })
    }
    if names == ["auto"] { return [] }
    if let fault = ModelName.fault(in: names) { throw .usage(fault.message, fix: fault.fix) }
    return names
}

private func parsePriors(_ text: String) throws(CommandFailure) -> Priors {
    guard let priors = Priors(rawValue: text) else {
        let names = Priors.allCases.map(\.rawValue)
        throw .usage(
            "\"\(text)\" is not a kind of priors",
            fix: DidYouMean.sentence(text, among: names) ?? names.joined(separator: " or ")
        )
    }
    return priors
}

private func covariates(_ arguments: ParsedArguments) throws(CommandFailure) -> [String] {
    let names = arguments.values("covariate")
    let limit = ColumnSettings.covariatesMax
    guard names.count <= limit, Set(names).count == names.count else {
        throw .usage(
            "--covariate is given \(names.count) times",
            fix: "name at most \(limit) columns, each once"
        )
    }
    return names
}

private func parseSeason(_ text: String) throws(CommandFailure) -> SeasonChoice {
    guard let season = SeasonChoice(rawValue: text) else {
        let names = SeasonChoice.allCases.map(\.rawValue)
        throw .usage(
            "\"\(text)\" is not a season",
            fix: DidYouMean.sentence(text, among: names) ?? names.joined(separator: " or ")
        )
    }
    return season
}

/// A bare number is days; else a time period as the configuration writes it.
private func parseHorizon(_ text: String) throws(CommandFailure) -> TimePeriod {
    let isNumber = !text.isEmpty && text.allSatisfy { $0.isASCII && $0.isNumber }
    guard let period = TimePeriod(isNumber ? "\(text) days" : text) else {
        let names = TimePeriod.named.map(\.name)
        throw .usage(
            "\"\(text)\" is not a horizon",
            fix: DidYouMean.sentence(text, among: names)
                ?? "a number of days from 1 to \(TimePeriod.longestDays), or "
                + names.joined(separator: ", ")
        )
    }
    return period
}

extension Surroundings {
    /// A name for work that no service counts.
    func newRunID(_ word: String) -> String { "\(word)-\(now().microseconds)" }
}

/// `clvctl pipeline --json`.
private struct PipelineAnswer: Codable {
    var schema = "clvctl.pipeline/1"
    var exitCode = CommandExit.fine
    var result: RunResult

    init(_ result: RunResult) { self.result = result }

    private enum CodingKeys: String, CodingKey {
        case schema, result
        case exitCode = "exit_code"
    }
}
