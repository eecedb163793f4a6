import Domain
import Glibc
import Pipeline

/// `clv-worker`: one plan on standard input, one run, then exit.
@main struct ClvWorker {
    nonisolated static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case nil: exit(Worker.run())
        case "--version": print("clv-worker \(ProgramVersion.current)")
        default:
            print(
                """
                clv-worker carries out one plan that clvd or clvctl writes on its standard input.
                People use clvctl: try "clvctl help".
                """
            )
        }
    }
}
