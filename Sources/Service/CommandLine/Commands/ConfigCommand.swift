import Configuration
import ControlAPI
import Domain

let configCheckCommand = CommandDefinition(
    "config check",
    .setUp,
    arguments: ["[DIR]"],
    "read the configuration files and say everything that is wrong with them",
    examples: ["clvctl config check", "clvctl config check ./clvd && sudo clvctl reload"],
    options: [.json],
    notes: [
        "Reads DIR/clvd.toml and DIR/tenants.d/*.toml, or what clvd reads: "
            + Loader.systemDirectories.joined(separator: ", ") + ".",
        "Changes nothing, connects to nothing. Ends with 5 when there are errors.",
    ]
) { arguments, surroundings throws(CommandFailure) in
    let answer = ConfigCheck(Loader(arguments.positionals.first, surroundings))
    if arguments.has("json") {
        surroundings.out.json(answer)
        return answer.exitCode
    }
    for diagnostic in answer.diagnostics {
        surroundings.err.line(printable(diagnostic.text, keepingLines: true) + "\n")
    }
    let tally =
        "\(Format.plural(answer.fileCount, "file")), \(Format.plural(answer.errorCount, "error")), "
        + Format.plural(answer.warningCount, "warning")
    let verdict = answer.valid ? "The configuration is good" : "The configuration cannot be used"
    (answer.valid ? surroundings.out : surroundings.err).line("\(verdict): \(tally)")
    return answer.exitCode
}

extension Loader {
    /// Of one folder, or of the system's.
    init(_ directory: String?, _ surroundings: Surroundings) {
        self.init(
            directories: directory.map { [surroundings.absolute($0)] } ?? Loader.systemDirectories,
            now: surroundings.now()
        )
    }
}

/// `clvctl config check --json`.
private struct ConfigCheck: Codable {
    var schema = "clvctl.config_check/1"
    var exitCode: CommandExit
    var valid: Bool
    var fileCount: Int
    var errorCount: Int
    var warningCount: Int
    var diagnostics: [ConfigurationDiagnostic]

    init(_ loader: Loader) {
        let found: [Diagnostic]
        do throws(ConfigurationError) {
            let loaded = try loader.loadStrictly()
            (found, fileCount) = (loaded.diagnostics, loaded.files.count)
        } catch {
            (found, fileCount) = (error.diagnostics, error.fileCount)
        }
        errorCount = found.errors.count
        warningCount = found.count - errorCount
        valid = errorCount == 0
        exitCode = valid ? .fine : .configuration
        diagnostics = found.map { ConfigurationDiagnostic($0) }
    }

    private enum CodingKeys: String, CodingKey {
        case schema, valid, diagnostics
        case exitCode = "exit_code"
        case fileCount = "file_count"
        case errorCount = "error_count"
        case warningCount = "warning_count"
    }
}
