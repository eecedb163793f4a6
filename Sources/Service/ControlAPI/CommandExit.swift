/// How `clvctl` ends; every answer carries it as `exit_code`.
///
/// An unknown code other than 0 is a failure.
package enum CommandExit: Int32, Codable, Sendable {
    case fine = 0
    case failed = 1
    case usage = 2
    case unreachable = 3
    case notFound = 4
    case configuration = 5
    case permission = 6
    case timedOut = 7
    case stillRunning = 8
    case degraded = 9
    case planHasChanges = 10
    case interrupted = 130
    /// Whoever read our output has gone, as shells number it.
    case brokenPipe = 141

    package init(from decoder: any Decoder) throws {
        let code = try decoder.singleValueContainer().decode(Int32.self)
        self = CommandExit(rawValue: code) ?? .failed
    }
}
