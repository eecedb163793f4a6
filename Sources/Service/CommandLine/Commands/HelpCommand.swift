import ControlAPI

let helpCommand = CommandDefinition(
    "help",
    .setUp,
    arguments: ["[COMMAND]", "[WORD]"],
    "show all commands, or one with its options",
    examples: ["clvctl help run", "clvctl help exit-codes"]
) { arguments, surroundings throws(CommandFailure) in
    let name = arguments.positionals.joined(separator: " ")
    if name.isEmpty {
        HelpPages.showOverview(surroundings)
    } else if name == "exit-codes" {
        HelpPages.showExitCodes(surroundings)
    } else if let command = CommandLineProgram.commands.first(where: { $0.name == name }) {
        HelpPages.show(command, surroundings)
    } else if let only = HelpPages.only(beginningWith: name) {
        HelpPages.show(only, surroundings)
    } else {
        let names = CommandLineProgram.commands.map(\.name) + ["exit-codes"]
        throw .usage(
            "there is no help for \"\(name)\"",
            fix: DidYouMean.sentence(name, among: names) ?? "clvctl help lists the commands"
        )
    }
    return .fine
}

/// The help pages: examples first, made from the definitions themselves.
enum HelpPages {
    static func showOverview(_ surroundings: Surroundings) {
        let out = surroundings.out
        out.line("clvctl - ask and steer clvd, which keeps customer lifetime value forecasts fresh")
        out.line("")
        for example in ["clvctl status", "clvctl run acme/monthly --follow"] {
            out.line("  $ " + example)
        }
        out.line("  $ clvctl pipeline purchases.csv --customer user_id --time days -o clv.csv")
        for group in CommandDefinition.Group.allCases {
            out.line("")
            out.line(Style.bold.apply(group.rawValue, on: out.appearance))
            for command in CommandLineProgram.commands where command.group == group {
                row(
                    ([command.name] + command.arguments).joined(separator: " "),
                    command.summary,
                    out
                )
            }
        }
        out.line("")
        out.line("clvctl help COMMAND shows its options, clvctl help exit-codes how it ends.")
    }

    static func show(_ command: CommandDefinition, _ surroundings: Surroundings) {
        let out = surroundings.out
        for example in command.examples { out.line("  $ " + example) }
        out.line("")
        out.line(command.usage)
        out.line("")
        for sentence in [command.summary.prefix(1).uppercased() + command.summary.dropFirst() + "."]
            + command.notes
        {
            for line in wrapped(sentence, out.appearance.width) { out.line(line) }
        }
        out.line("")
        for option in command.allOptions {
            let short = option.short.map { "-\($0), " } ?? ""
            let value = option.value.map { " \($0)" } ?? ""
            row("\(short)--\(option.name)\(value)", option.summary, out)
        }
    }

    /// The command of a first word that has but one: "config" for "config check".
    static func only(beginningWith word: String) -> CommandDefinition? {
        let commands = CommandLineProgram.commands.filter { $0.name.hasPrefix(word + " ") }
        return commands.count == 1 ? commands[0] : nil
    }

    static let exitCodes: [(CommandExit, String)] = [
        (.fine, "done, or all is well"), (.failed, "it failed, or status found a failed job"),
        (.usage, "the command line is wrong"),
        (.unreachable, "clvd is not running, not reachable, or of another version"),
        (.notFound, "no such tenant, job, run"), (.configuration, "the configuration is wrong"),
        (.permission, "not permitted"), (.timedOut, "timed out while waiting; a run goes on"),
        (.stillRunning, "still running or queued"),
        (.degraded, "stale or degraded"), (.planHasChanges, "a plan has changes"),
        (.interrupted, "interrupted"),
    ]
    static let laterCodes = "Codes may be added: an unknown one that is not 0 is a failure."

    static func showExitCodes(_ surroundings: Surroundings) {
        for (code, meaning) in exitCodes {
            let number = String(code.rawValue)
            let blanks = String(repeating: " ", count: 5 - number.count)
            surroundings.out.line(blanks + number + "  " + meaning)
        }
        surroundings.out.line(laterCodes)
    }

    private static func row(_ name: String, _ text: String, _ out: TextStream) {
        let column = 26
        let lines = wrapped(text, max(40, out.appearance.width - column - 2))
        let under = "\n" + String(repeating: " ", count: column + 2)
        let body = lines.joined(separator: under)
        if name.count > column - 2 {
            out.line("  " + name + under + body)
        } else {
            out.line("  " + name + String(repeating: " ", count: column - name.count) + body)
        }
    }

    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= min(width, 100) {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
