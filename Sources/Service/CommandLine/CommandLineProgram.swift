package import ControlAPI
import Domain
import JSONCoding
import Subprocess

/// `clvctl`: what people type, what they see, and how it ends.
///
/// It asks `clvd` over the control socket, or starts a worker for what needs no service. It never
/// links model code.
package enum CommandLineProgram {
    static let commands: [CommandDefinition] = [
        statusCommand, whyCommand, checksCommand, runsCommand, nextCommand, modelsCommand,
        watchCommand, runCommand, cancelCommand, holdCommand, releaseCommand, resumeCommand,
        pipelineCommand, simulateCommand, cronCommand, sampleCommand, configCheckCommand,
        reloadCommand, databaseMigrateCommand, databaseGrantsCommand, databaseCheckCommand,
        publicationRollbackCommand, versionCommand, helpCommand,
    ]

    /// Does what `words`, the arguments without the program's name, ask for.
    package static func run(_ words: [String], _ surroundings: Surroundings) -> CommandExit {
        if words.contains("--no-color") {
            surroundings.out.forgetEscapes()
            surroundings.err.forgetEscapes()
        }
        do throws(CommandFailure) {
            let exit = try perform(words, surroundings)
            if let number = surroundings.out.failure { throw unwritten(number) }
            return exit
        } catch {
            report(error, asJSON: words.contains("--json"), surroundings)
            return error.exit
        }
    }

    private static func perform(
        _ words: [String],
        _ surroundings: Surroundings
    ) throws(CommandFailure) -> CommandExit {
        guard let found = try ArgumentParser(commands: commands).parse(words) else {
            let asked = words.contains("--version") ? ["version"] : ["help"]
            return try perform(asked, surroundings)
        }
        if found.arguments.has("help") {
            HelpPages.show(found.command, surroundings)
            return .fine
        }
        return try found.command.body(found.arguments, surroundings)
    }

    private static func report(
        _ failure: CommandFailure,
        asJSON: Bool,
        _ surroundings: Surroundings
    ) {
        if asJSON { surroundings.out.json(ErrorAnswer(failure)) }
        guard failure.exit != .brokenPipe else { return }
        surroundings.err.problem(failure.report, title: "clvctl: ")
    }

    private static func unwritten(_ number: Int32) -> CommandFailure {
        CommandFailure(
            .failed,
            "output",
            "could not write the output",
            cause: systemText(number),
            fix: "check the place where standard output goes"
        )
    }
}

/// What `--json` prints when there is no answer.
struct ErrorAnswer: Codable {
    var schema = "clvctl.error/1"
    var exitCode: CommandExit
    var error: ProblemReport

    init(_ failure: CommandFailure) {
        exitCode = failure.exit
        error = failure.report
    }

    private enum CodingKeys: String, CodingKey {
        case schema, error
        case exitCode = "exit_code"
    }
}

extension TextStream {
    /// Prints an object on one line.
    func json(_ value: some Encodable) {
        guard let bytes = try? JSONCoding.encode(value) else { return }
        writeBytes(bytes + [10])
    }

    /// Prints an answer as it came, on one line.
    func json(_ bytes: [UInt8]) {
        writeBytes(bytes.last == 10 ? bytes : bytes + [10])
    }

    /// Prints message, cause and fix.
    func problem(_ report: ProblemReport, title: String = "", indent: String = "  ") {
        line(Style.red.apply(title, on: appearance) + printable(report.message))
        if let cause = report.cause { field("cause", cause, indent) }
        if let fix = report.fix { field("fix", fix, indent) }
    }

    /// Prints `name  text`; further lines of the text stand under its first.
    func field(_ name: String, _ text: String, _ indent: String) {
        let blanks = String(repeating: " ", count: max(1, 7 - name.count))
        let under = indent + String(repeating: " ", count: name.count + blanks.count)
        let lines = printable(text, keepingLines: true).split(
            separator: "\n",
            omittingEmptySubsequences: false
        )
        let joined = lines.joined(separator: "\n" + under)
        line(indent + Style.bold.apply(name, on: appearance) + blanks + joined)
    }
}

extension CommandLineProgram {
    /// From now on Ctrl-C is counted.
    package static func startCountingInterrupts() { Interruption.startCounting() }
    package static var countedInterrupts: Int { Interruption.count }
    /// This program's environment, `NAME=value` each.
    package static var environment: [String] { Command.currentEnvironment }
}
