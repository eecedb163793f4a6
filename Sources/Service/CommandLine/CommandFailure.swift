package import ControlAPI
package import Domain

/// Why a command did not do what was asked, and the exit code that says so.
package struct CommandFailure: Problem, Equatable {
    package let report: ProblemReport
    package let exit: CommandExit

    package init(_ report: ProblemReport, exit: CommandExit) {
        self.report = report
        self.exit = exit
    }

    init(
        _ exit: CommandExit,
        _ code: String,
        _ message: String,
        cause: String? = nil,
        fix: String? = nil
    ) {
        report = ProblemReport(code: code, message: message, cause: cause, fix: fix)
        self.exit = exit
    }

    static func usage(_ message: String, fix: String) -> CommandFailure {
        CommandFailure(.usage, "usage", message, fix: fix)
    }

    package var code: String { report.code }
    package var message: String { report.message }
    package var cause: String? { report.cause }
    package var fix: String? { report.fix }
    package var failureClass: FailureClass {
        switch exit {
        case .usage, .configuration, .permission, .notFound: .configuration
        case .interrupted: .cancelled
        default: .transient
        }
    }
}
