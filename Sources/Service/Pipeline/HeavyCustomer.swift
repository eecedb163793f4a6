import Domain
import Postgres
import Publishing
import Scoring

/// One customer carries so much of the forecast that a spoilt amount is more likely than a good
/// customer.
///
/// It tells no name: warnings go to the journal, which holds nothing of customers but sums.
struct HeavyCustomer: Problem {
    /// A fifth of all; of a few customers one is always that much.
    private static let (share, customers) = (0.2, 100)

    private let heaviest: HeaviestCustomer
    private let count: Int
    private let largest: Double
    private let median: Double
    /// Nil of a forecast from a file.
    private let destination: Destination?

    /// Nil unless one of many customers is a fifth or more of the spend that is expected of them.
    init?(_ heaviest: HeaviestCustomer?, of ledger: Ledger, in destination: Destination? = nil) {
        guard let heaviest, heaviest.share >= Self.share,
            ledger.customerCount >= Self.customers, let amount = ledger.amount
        else { return nil }
        let days =
            Int(ledger.offsets[heaviest.customer])..<Int(ledger.offsets[heaviest.customer + 1])
        (self.heaviest, self.destination, count) = (heaviest, destination, ledger.customerCount)
        largest = amount[days].max() ?? 0
        median = amount.sorted()[(amount.count - 1) / 2]
    }

    var code: String { "one_customer_weighs_most" }
    var message: String {
        "one of \(count) customers is \(Int((100 * heaviest.share).rounded())) % of the spend that is"
            + " expected of them in \(heaviest.horizonDays) days"
    }
    var cause: String? {
        "the largest purchase day of that customer is \(money(largest)), where \(money(median)) is"
            + " usual"
    }
    var fix: String? {
        guard let destination else {
            return
                "look for the largest expected_spend in the forecast, check that customer's rows, and"
                + " correct what is wrong or take it out of the file"
        }
        let (tenant, job) = (quoted(literal: destination.tenant), quoted(literal: destination.job))
        return
            "see who it is with \"SELECT * FROM \(quoted(identifier: destination.schema)).customers"
            + " WHERE tenant_id = \(tenant) AND job_name = \(job)"
            + " ORDER BY expected_spend DESC NULLS LAST LIMIT 1\", check that customer's rows, and correct"
            + " what is wrong in the source or leave it out by a condition in data_query_path"
    }
    var failureClass: FailureClass { .refused }

    private func money(_ amount: Double) -> String {
        var text: [UInt8] = []
        // No amount that was read is as large as 1e15.
        appendDecimal(Int64((100 * amount).rounded()), decimals: 2, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
