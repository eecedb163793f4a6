import Domain
import Glibc
import Journal
import Supervisor
import Systemd

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
            let passed = try ServiceManager().takePassedSocket()
            while true {
                let supervisor: Supervisor
                do {
                    supervisor = try Supervisor(
                        paths: paths,
                        environment: environment,
                        journal: journal
                    )
                } catch let problem as any Problem {
                    guard let waiting = WaitingService(problem) else { throw problem }
                    tell(problem, "clvd waits", journal)
                    guard try waiting.run(passed: passed, paths) else { return EXIT_SUCCESS }
                    continue
                }
                // Told before the supervisor lets go of the signals that could cut it off.
                defer { withExtendedLifetime(supervisor) {} }
                do { return try supervisor.run(passed: passed) } catch {
                    return exitCode(told: error, journal)
                }
            }
        } catch {
            return exitCode(told: error, journal)
        }
    }

    private static func exitCode(told error: any Error, _ journal: Journal) -> Int32 {
        guard let problem = error as? any Problem else {
            journal.error("clvd ends", ["error": "\(error)"])
            return EXIT_FAILURE
        }
        tell(problem, "clvd ends", journal)
        return problem.failureClass == .configuration ? EX_CONFIG : EXIT_FAILURE
    }

    private static func tell(_ problem: any Problem, _ what: StaticString, _ journal: Journal) {
        journal.error(
            what,
            [
                "code": problem.code, "error": problem.message, "cause": problem.cause ?? "",
                "fix": problem.fix ?? "",
            ]
        )
    }
}
