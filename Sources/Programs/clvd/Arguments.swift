import Supervisor

/// What is said on the command line.
struct Arguments {
    enum Wish { case serve, help, version }

    var wish = Wish.serve
    var paths = SupervisorPaths.system

    init(_ words: [String]) throws(BadArgument) {
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func value() throws(BadArgument) -> String {
                if parts.count == 2 { return String(parts[1]) }
                guard let next = rest.popFirst() else {
                    throw BadArgument(message: "clvd: \(word) needs a value")
                }
                return next
            }
            switch parts[0] {
            case "--config": paths.configuration = [try value()]
            case "--state": paths.state = try value()
            case "--socket": paths.socket = try value()
            case "--help", "-h": wish = .help
            case "--version": wish = .version
            default:
                throw BadArgument(message: "clvd: unknown argument \"\(word)\", try clvd --help")
            }
        }
    }

    static let help = """
        clvd keeps customer-lifetime-value forecasts fresh. It is started by systemd.

          clvd [--config DIR] [--state DIR] [--socket PATH]

          --config DIR    where clvd.toml and tenants.d are
                          (\(SupervisorPaths.system.configuration.joined(separator: ", ")))
          --state DIR     where it keeps what it must not forget (\(SupervisorPaths.system.state))
          --socket PATH   where clvctl finds it (\(SupervisorPaths.system.socket))
          --version       print the version
          --help          print this

        It ends with 0 when it was asked to, 78 when its configuration or its surroundings cannot
        work, 64 for bad arguments, else 1. See also: clvctl help
        """
}

/// The command line cannot be understood.
struct BadArgument: Error {
    let message: String
}
