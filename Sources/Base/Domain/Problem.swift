/// What a failed run can do next; the worker's exit code says the same.
package enum FailureClass: String, Codable, Sendable {
    /// The data or the model was refused.
    case refused
    /// Another process holds the lease.
    case leaseHeld = "lease_held"
    /// It may work later: a database or a disk.
    case transient
    /// Nothing changes until somebody changes the configuration or a grant.
    case configuration
    case cancelled
    /// Our own fault.
    case crash
}

/// An error that can be shown: every module has one type of its own that conforms.
///
/// Messages follow PostgreSQL's style: lower case, one line, no full stop, names quoted;
/// "could not" may work later, "cannot" never will. `fix` is a sentence or a command.
package protocol Problem: Error, CustomStringConvertible {
    /// Stable and short, for programs: `no_such_column`.
    var code: String { get }
    var message: String { get }
    /// What the system below said, word for word.
    var cause: String? { get }
    var fix: String? { get }
    var failureClass: FailureClass { get }
}

extension Problem {
    package var report: ProblemReport {
        ProblemReport(code: code, message: message, cause: cause, fix: fix)
    }

    package var description: String { report.description }
}

/// A problem as it crosses a process boundary.
package struct ProblemReport: Codable, Hashable, Sendable, CustomStringConvertible {
    package var code: String
    package var message: String
    package var cause: String?
    package var fix: String?

    /// Names and data in the texts come from outside, so all of them are made printable.
    package init(code: String, message: String, cause: String? = nil, fix: String? = nil) {
        self.code = code
        self.message = printable(message)
        self.cause = cause.map { printable($0, keepingLines: true) }
        self.fix = fix.map { printable($0, keepingLines: true) }
    }

    /// The message, then the cause and the fix on lines of their own.
    package var description: String {
        var lines = [message]
        if let cause { lines.append("  cause: \(cause)") }
        if let fix { lines.append("  fix: \(fix)") }
        return lines.joined(separator: "\n")
    }
}
