import CPostgres
import Domain

extension Connection {
    /// Where this connection leads, for messages.
    var place: String {
        let host = unsafe string(PQhost(handle))
        let server =
            unsafe host.isEmpty ? "the local server" : "\"\(host)\" port \(string(PQport(handle)))"
        return "database \"\(database)\" at \(server)"
    }

    /// Why the attempt failed; `isSilent` when a server let its time pass.
    func connectFailure(isSilent: Bool) -> PostgresError {
        let text = complaint
        if let (state, words) = serverWords(in: text) {
            let kind = SQLStateKind(state)
            let context = StatementContext(user: user, isReadOnly: false, sql: "")
            return PostgresError(
                code: kind.code,
                message: "\(kind.verb) log in as \"\(user)\" to \(place): \(words)",
                cause: "SQLSTATE \(state)",
                fix: kind.fix(for: words, in: context),
                failureClass: kind.failureClass,
                sqlState: state
            )
        }
        if unsafe PQconnectionNeedsPassword(handle) == 1 {
            return PostgresError(
                code: "password_missing",
                message: "cannot log in as \"\(user)\" to \(place): it asks for a password",
                cause: text,
                fix: "set password_credential or password_file",
                failureClass: .configuration
            )
        }
        for sign in ["service", "invalid ", "unsupported ", "conflicting"]
        where text.hasPrefix(sign) {
            return .badConninfo(text)
        }
        if text.hasPrefix("definition of service") { return .badConninfo(text) }
        for sign in ["support SSL", "certificate", "SSL error"] where text.contains(sign) {
            return PostgresError(
                code: "tls_refused",
                message: "cannot make a TLS connection to \(place)",
                cause: text,
                fix: "correct sslmode, sslrootcert or sslcert in conninfo, or the server's"
                    + " certificate",
                failureClass: .configuration
            )
        }
        let host = unsafe string(PQhost(handle))
        return unsafe .unreachable(
            place + (isSilent ? " within \(limits.connectSeconds) seconds" : ""),
            address: host.isEmpty ? "" : " -h \(host) -p \(string(PQport(handle)))",
            cause: text.isEmpty ? nil : text
        )
    }

    /// What libpq says, without its indented guesses.
    private var complaint: String {
        let lines = unsafe string(PQerrorMessage(handle)).split(separator: "\n")
        return lines.filter { !$0.hasPrefix("\t") }.joined(separator: "; ")
    }

    /// What the server said when it refused: `FATAL:  28P01: words  LOCATION: ...`.
    private func serverWords(in text: String) -> (state: String, words: String)? {
        let parts = text.split(separator: ": ", omittingEmptySubsequences: true)
        for (index, part) in parts.enumerated().dropLast() {
            let state = part.drop { $0 == " " }
            guard state.utf8.count == 5, index > 0,
                state.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }),
                state.utf8.contains(where: { (48...57).contains($0) })
            else { continue }
            let words = parts[(index + 1)...].joined(separator: ": ")
            return (String(state), cut(words, before: "; LOCATION"))
        }
        return nil
    }

    private func cut(_ text: String, before mark: String) -> String {
        guard let range = text.firstRange(of: mark) else { return text }
        return String(text[..<range.lowerBound])
    }
}

extension PostgresError {
    static func unreachable(_ place: String, address: String = "", cause: String?) -> Self {
        PostgresError(
            code: "server_unreachable",
            message: "could not connect to \(place)",
            cause: cause,
            fix: "check the connector, and that the server runs: pg_isready\(address)",
            failureClass: .transient
        )
    }
}
