import ControlAPI
import Domain

let versionCommand = CommandDefinition(
    "version",
    .setUp,
    "print the versions of clvctl and of the running clvd",
    examples: ["clvctl version", "clvctl version --json"],
    options: [.json, .socket]
) { arguments, surroundings throws(CommandFailure) in
    var answer = ProgramVersions()
    var problem: CommandFailure?
    do throws(CommandFailure) {
        let client = ControlClient(arguments, surroundings)
        answer.service = try client.ask(VersionAnswer.self, .version, timeoutSeconds: 5).value
            .version
    } catch {
        problem = error
    }
    if arguments.has("json") {
        surroundings.out.json(answer)
    } else {
        surroundings.out.line("clvctl \(answer.program) (control channel \(answer.api))")
        let service = answer.service.map { "clvd \($0)" }
        surroundings.out.line(service ?? "clvd did not answer: \(problem?.message ?? "")")
    }
    return .fine
}

/// `clvctl version --json`.
private struct ProgramVersions: Codable {
    var schema = "clvctl.versions/1"
    var exitCode = CommandExit.fine
    var program = ProgramVersion.current
    var api = Route.apiVersion
    /// Left out when clvd does not answer.
    var service: String?

    private enum CodingKeys: String, CodingKey {
        case schema, program, api, service
        case exitCode = "exit_code"
    }
}
