import Domain
import Glibc
import Journal
import Supervisor

/// `clvd`: reads its arguments and supervises until a signal ends it.
@main struct Clvd {
    nonisolated static func main() {
        do {
            let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
            switch arguments.wish {
            case .help: print(Arguments.help)
            case .version: print("clvd \(ProgramVersion.current)")
            case .serve: exit(serve(arguments.paths))
            }
        } catch {
            print(error.message)
            exit(EX_USAGE)
        }
    }

    private static func serve(_ paths: SupervisorPaths) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let environment = currentEnvironment()
        let journal = Journal.standardError(environment: environment)
        do {
            let supervisor = try Supervisor(
                paths: paths,
                environment: environment,
                journal: journal
            )
            return try supervisor.run()
        } catch let problem as any Problem {
            journal.error(
                "clvd ends",
                [
                    "code": problem.code, "error": problem.message, "cause": problem.cause ?? "",
                    "fix": problem.fix ?? "",
                ]
            )
            return problem.failureClass == .configuration ? EX_CONFIG : EXIT_FAILURE
        } catch {
            journal.error("clvd ends", ["error": "\(error)"])
            return EXIT_FAILURE
        }
    }
}
