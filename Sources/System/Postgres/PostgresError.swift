package import Domain

/// What went wrong between this program and a Postgres server.
package struct PostgresError: Problem, Sendable {
    package let code: String
    package let message: String
    package let cause: String?
    package let fix: String?
    package let failureClass: FailureClass
    /// The server's five characters; nil when the server said nothing.
    package let sqlState: String?
    /// Where in the statement, in characters from 1.
    package let position: Int?

    package init(
        code: String,
        message: String,
        cause: String? = nil,
        fix: String? = nil,
        failureClass: FailureClass,
        sqlState: String? = nil,
        position: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.fix = fix
        self.failureClass = failureClass
        self.sqlState = sqlState
        self.position = position
    }
}

extension PostgresError {
    static var cancelled: PostgresError {
        PostgresError(
            code: "cancelled",
            message: "the database work was cancelled",
            failureClass: .cancelled
        )
    }

    static func timedOut(waitingFor what: String, seconds: Int) -> PostgresError {
        PostgresError(
            code: "server_silent",
            message: "the server did not answer within \(seconds) seconds while \(what)",
            fix: "look for a blocked or overloaded server in pg_stat_activity",
            failureClass: .transient
        )
    }

    static func lost(_ cause: String) -> PostgresError {
        PostgresError(
            code: "connection_lost",
            message: "the connection to the server was lost",
            cause: oneLine(cause),
            fix: "see the server's log; the run is tried again",
            failureClass: .transient
        )
    }
}

/// The parts of a server's error that a sentence is made from.
struct ServerReport {
    var sqlState: String
    var message: String
    var detail: String?
    var hint: String?
    var position: Int?
}

/// Where a statement ran: what a fix has to name.
struct StatementContext {
    var user: String
    var isReadOnly: Bool
    var sql: String
}

extension PostgresError {
    init(_ report: ServerReport, in context: StatementContext) {
        let kind = SQLStateKind(report.sqlState, isReadOnly: context.isReadOnly)
        self.init(
            code: kind.code,
            message: oneLine(report.message),
            cause: PostgresError.cause(report, in: context),
            fix: kind.fix(for: report.message, in: context) ?? report.hint.map(oneLine),
            failureClass: kind.failureClass,
            sqlState: report.sqlState,
            position: report.position
        )
    }

    /// The server's words, and the line of the statement that they are about.
    private static func cause(_ report: ServerReport, in context: StatementContext) -> String {
        var parts = ["SQLSTATE \(report.sqlState)"]
        parts += [report.detail, report.hint].compactMap { $0 }.map { text in
            let line = oneLine(text)
            return line.hasSuffix(".") ? String(line.dropLast()) : line
        }
        if let position = report.position {
            parts.append("at \"\(excerpt(of: context.sql, at: position))\"")
        }
        return parts.joined(separator: "; ")
    }

    /// The line of `sql` around a character, cut to what fits a message.
    private static func excerpt(of sql: String, at position: Int) -> String {
        let characters = Array(sql.unicodeScalars)
        let at = min(max(0, position - 1), characters.count)
        var start = at
        var end = at
        while start > 0, characters[start - 1] != "\n", at - start < 40 { start -= 1 }
        while end < characters.count, characters[end] != "\n", end - at < 40 { end += 1 }
        var text = ""
        text.unicodeScalars.append(contentsOf: characters[start..<end])
        return oneLine(text)
    }
}

/// A text without line breaks, tabs and surrounding blanks.
func oneLine(_ text: some StringProtocol) -> String {
    text.split { $0 == "\n" || $0 == "\r" || $0 == "\t" || $0 == "\r\n" }
        .map { $0.drop { $0 == " " } }
        .joined(separator: " ")
}
