import ControlAPI

/// An option of a command: a flag, or a name with a value.
struct OptionDefinition: Sendable {
    /// The long name without its dashes.
    let name: String
    let short: Character?
    /// What stands for the value in help; nil: a flag.
    let value: String?
    let summary: String

    init(_ name: String, short: Character? = nil, value: String? = nil, _ summary: String) {
        self.name = name
        self.short = short
        self.value = value
        self.summary = summary
    }

    static let json = OptionDefinition("json", "print one JSON object with schema and exit_code")
    static let socket = OptionDefinition(
        "socket",
        value: "PATH",
        "where clvd listens; else $CLVD_SOCKET, else \(Route.socketPath)"
    )
    static let worker = OptionDefinition(
        "worker",
        value: "PATH",
        "the clv-worker to start; else $CLV_WORKER, else beside clvctl, else the packaged one"
    )
    static let help = OptionDefinition("help", short: "h", "show help")
    static let noColor = OptionDefinition("no-color", "no colours and no redrawing")
    /// What every command takes.
    static let common = [noColor, help]
}

/// A command: what people type, how help explains it, and what it does.
struct CommandDefinition: Sendable {
    enum Group: String, CaseIterable, Sendable {
        case look = "Look"
        case act = "Do"
        case files = "Without a service"
        case setUp = "Set up"
    }

    /// `status`, `config check`.
    let name: String
    let group: Group
    /// `TENANT/JOB`, in brackets when it may be left out.
    let arguments: [String]
    let summary: String
    let examples: [String]
    let options: [OptionDefinition]
    /// More sentences for the help page.
    let notes: [String]
    /// What to do about more words than it takes; nil: its usage says that.
    let tooManyWords: String?
    let body: @Sendable (ParsedArguments, Surroundings) throws(CommandFailure) -> CommandExit

    init(
        _ name: String,
        _ group: Group,
        arguments: [String] = [],
        _ summary: String,
        examples: [String],
        options: [OptionDefinition] = [],
        notes: [String] = [],
        tooManyWords: String? = nil,
        body:
            @escaping @Sendable (ParsedArguments, Surroundings) throws(CommandFailure) ->
            CommandExit
    ) {
        self.name = name
        self.group = group
        self.arguments = arguments
        self.summary = summary
        self.examples = examples
        self.options = options
        self.notes = notes
        self.tooManyWords = tooManyWords
        self.body = body
    }

    var allOptions: [OptionDefinition] { options + OptionDefinition.common }

    /// `run TENANT/JOB [options]`.
    var usage: String {
        (["clvctl", name] + arguments + ["[options]"]).joined(separator: " ")
    }
}

/// What was typed after a command's name.
struct ParsedArguments {
    var positionals: [String] = []
    private var given: [String: [String]] = [:]

    mutating func add(_ option: OptionDefinition, _ value: String) {
        given[option.name, default: []].append(value)
    }

    func has(_ name: String) -> Bool { given[name] != nil }
    func values(_ name: String) -> [String] { given[name] ?? [] }
    /// The last one wins.
    func value(_ name: String) -> String? { given[name]?.last }

    func integer(
        _ name: String,
        in range: ClosedRange<Int>,
        default preset: Int
    ) throws(CommandFailure) -> Int {
        guard let text = value(name) else { return preset }
        guard let number = Int(text), range.contains(number) else {
            throw .usage(
                "--\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \"\(text)\"",
                fix: "for example --\(name) \(preset)"
            )
        }
        return number
    }
}
