package import Domain

/// Why nothing can be forecast from the rows.
package enum CleaningError: Problem {
    /// No purchase is left; the account says what became of the rows.
    case noPurchases(RowAccount, asOf: Day?)

    package var code: String { "no_purchases" }

    package var message: String {
        let (account, asOf) = content
        if account.read == 0 { return "the source has no rows" }
        if account.afterAsOf == account.read, let asOf {
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

    /// About the most frequent reason, and where the rows can be looked at.
    package var fix: String? {
        let (account, asOf) = content
        if account.read == 0 { return "run the query of data_query_path in psql, or open the file" }
        let reason = RejectReason.allCases.max { one, other in
            account.reasons[one, default: 0] < account.reasons[other, default: 0]
        }
        guard let reason, let count = account.reasons[reason], count > account.afterAsOf else {
            return asOf.map { "choose an as-of date later than \($0)" }
        }
        return reason.advice + "; rejected_rows, or --rejected FILE, shows the rows"
    }

    package var failureClass: FailureClass { .refused }

    package var account: RowAccount { content.0 }

    private var content: (RowAccount, Day?) {
        switch self {
        case .noPurchases(let account, let asOf): (account, asOf)
        }
    }
}

extension RejectReason {
    /// What to do when most rows have it.
    fileprivate var advice: String {
        switch self {
        case .noCustomer: "check customer_indicator or --customer, whose cells are empty"
        case .invalidCustomer: "name customers by UTF-8 text of at most 1024 bytes"
        case .noTime: "check time_indicator or --time, whose cells are empty"
        case .invalidTime:
            "write times as 2024-12-31 or 2024-12-31T23:59:59+01:00, from 1950-01-01 on"
        case .timeInFuture: "check time_indicator or --time, whose days are still to come"
        case .amountMissing: "check amount_indicator or --amount, whose cells are empty"
        case .amountNotFinite, .amountUnreadable: "write amounts as plain numbers such as 1234.50"
        case .amountTooLarge: "correct amounts of 100,000,000,000,000 and more"
        case .returnWithoutPurchase: "check the sign of the amounts: purchases are zero or more"
        case .exactDuplicate: "check order_indicator or --order-id"
        case .malformed: "check that the file is CSV with one delimiter throughout"
        }
    }
}
