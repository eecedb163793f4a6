package import Domain

/// Why nothing can be forecast from the rows.
package enum CleaningError: Problem {
    /// No purchase is left; the account says what became of the rows.
    case noPurchases(RowAccount, asOf: Day?)

    package var code: String { "no_purchases" }

    package var message: String {
        let (account, asOf) = content
        if account.read == 0 { return "the source has no rows" }
        if account.rejected == 0, account.accepted == 0, let asOf {
            return "no purchase was made by \(asOf): all \(account.read) rows are later"
        }
        return "no purchases are left of \(account.read) rows"
    }

    package var cause: String? {
        let (account, asOf) = content
        var parts = RejectReason.allCases.compactMap { reason in
            account.reasons[reason].map { "\($0) \(reason.rawValue)" }
        }
        if let asOf, account.afterAsOf > 0 { parts.append("\(account.afterAsOf) after \(asOf)") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    package var fix: String? {
        let (account, asOf) = content
        if account.read == 0 { return "check the query or the file" }
        if account.rejected == 0, let asOf { return "choose an as-of date later than \(asOf)" }
        return "check that the columns are the right ones; the rejected rows show what came"
    }

    package var failureClass: FailureClass { .refused }

    package var account: RowAccount { content.0 }

    private var content: (RowAccount, Day?) {
        switch self {
        case .noPurchases(let account, let asOf): (account, asOf)
        }
    }
}
