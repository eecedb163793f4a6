/// Finds the command in what was typed, and sorts the rest into options and positionals.
///
/// Options may stand anywhere, also before the command; `--` ends them.
struct ArgumentParser {
    let commands: [CommandDefinition]

    struct Found {
        var command: CommandDefinition
        var arguments: ParsedArguments
    }

    /// Nil when nothing but common options was typed.
    func parse(_ words: [String]) throws(CommandFailure) -> Found? {
        let known = commands.flatMap(\.allOptions) + OptionDefinition.common
        let plain = plainWords(words, known)
        guard let command = try command(plain.map { words[$0] }) else { return nil }
        let own = Set(plain.prefix(command.name.split(separator: " ").count))
        let rest = words.indices.filter { !own.contains($0) }.map { words[$0] }
        return Found(command: command, arguments: try arguments(rest, of: command))
    }

    /// The places of the words that are neither options nor their values.
    private func plainWords(_ words: [String], _ known: [OptionDefinition]) -> [Int] {
        var places: [Int] = []
        var index = 0
        while index < words.count {
            let word = words[index]
            if word == "--" { return places + Array(words.indices[(index + 1)...]) }
            if isOption(word) {
                let takesValue = match(word, known)?.value != nil && !word.contains("=")
                if takesValue { index += 1 }
            } else {
                places.append(index)
            }
            index += 1
        }
        return places
    }

    private func command(_ plain: [String]) throws(CommandFailure) -> CommandDefinition? {
        guard let first = plain.first else { return nil }
        let pair = plain.prefix(2).joined(separator: " ")
        for name in [pair, first] {
            if let command = commands.first(where: { $0.name == name }) { return command }
        }
        let names = commands.map(\.name)
        let family = names.filter { $0.hasPrefix(first + " ") }
        if !family.isEmpty {
            let wanted = family.map { "clvctl \($0)" }.joined(separator: ", ")
            throw .usage("\"\(first)\" needs a second word", fix: wanted)
        }
        throw .usage(
            "\"\(first)\" is not a command",
            fix: DidYouMean.sentence(first, among: names) ?? "clvctl help lists the commands"
        )
    }

    private func arguments(
        _ words: [String],
        of command: CommandDefinition
    ) throws(CommandFailure) -> ParsedArguments {
        var parsed = ParsedArguments()
        var index = 0
        while index < words.count {
            let word = words[index]
            index += 1
            if word == "--" {
                parsed.positionals += words[index...]
                break
            }
            guard isOption(word) else {
                parsed.positionals.append(word)
                continue
            }
            guard let option = match(word, command.allOptions) else {
                throw unknownOption(word, command)
            }
            let typed = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if option.value == nil {
                guard typed.count == 1 else {
                    throw .usage("--\(option.name) takes no value", fix: "write --\(option.name)")
                }
                parsed.add(option, "")
            } else if typed.count == 2 {
                parsed.add(option, String(typed[1]))
            } else if index < words.count {
                parsed.add(option, words[index])
                index += 1
            } else {
                throw .usage("--\(option.name) needs a value", fix: helpOf(command))
            }
        }
        if !parsed.has("help") { try checkCount(parsed, command) }
        return parsed
    }

    private func checkCount(
        _ parsed: ParsedArguments,
        _ command: CommandDefinition
    ) throws(CommandFailure) {
        let count = parsed.positionals.count
        if count > command.arguments.count {
            let extra = parsed.positionals[command.arguments.count]
            throw .usage(
                "\"\(extra)\" is one word too many",
                fix: command.tooManyWords ?? command.usage
            )
        }
        let required = command.arguments.prefix { !$0.hasPrefix("[") }
        if count < required.count {
            throw .usage("\(required[count]) is missing", fix: command.usage)
        }
    }

    private func unknownOption(_ word: String, _ command: CommandDefinition) -> CommandFailure {
        let typed = String(word.prefix { $0 != "=" })
        let names = command.allOptions.map { "--\($0.name)" }
        return .usage(
            "\"clvctl \(command.name)\" has no option \"\(typed)\"",
            fix: DidYouMean.sentence(typed, among: names) ?? helpOf(command)
        )
    }

    private func helpOf(_ command: CommandDefinition) -> String { "clvctl help \(command.name)" }

    private func isOption(_ word: String) -> Bool { word.hasPrefix("-") && word != "-" }

    private func match(_ word: String, _ options: [OptionDefinition]) -> OptionDefinition? {
        let name = word.prefix { $0 != "=" }
        return options.first { option in
            name == "--\(option.name)" || option.short.map { name == "-\($0)" } == true
        }
    }
}
