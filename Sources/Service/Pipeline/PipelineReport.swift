import Domain
import Modeling
import WorkerContract

/// `clvctl pipeline --report`: what was read, fitted and forecast.
struct PipelineReport: Encodable {
    struct Rows: Encodable {
        var read: Int
        var accepted: Int
        var rejected: Int
        var afterAsOf: Int
        var reasons: [String: Int]

        init(_ account: RowAccount) {
            read = account.read
            accepted = account.accepted
            rejected = account.rejected
            afterAsOf = account.afterAsOf
            reasons = Dictionary(
                uniqueKeysWithValues: account.reasons.map { ($0.key.rawValue, $0.value) }
            )
        }

        private enum CodingKeys: String, CodingKey {
            case read, accepted, rejected, reasons
            case afterAsOf = "after_as_of"
        }
    }

    struct Customers: Encodable {
        var all: Int
        var repeaters: Int
        var oneTimers: Int

        init(_ summaries: CustomerSummaries) {
            all = summaries.count
            repeaters = summaries.repeats.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
            oneTimers = all - repeaters
        }

        private enum CodingKeys: String, CodingKey {
            case all, repeaters
            case oneTimers = "one_timers"
        }
    }

    var schema = "clvd.report/1"
    var asOf: Day
    var rows: Rows
    var customers: Customers
    var models: [FittedModel]
    /// Whether the year has busy and quiet times, and why they count or do not.
    var season: SeasonFinding
    /// What such models would have said of totals on earlier dates.
    var pastTotals: PastTotals
    /// Of the file's customers: the sums of the table's rows.
    var totals: [ForecastTotal]
    /// Of repeaters, one-timers, newcomers and all of them.
    var groupTotals: [ForecastTotal]
    /// By periods of the first horizon.
    var newcomers: [NewcomerPeriod]
    /// By stage, and `total`.
    var seconds: [String: Double]
    var peakMemoryBytes: Int?

    private enum CodingKeys: String, CodingKey {
        case schema, rows, customers, models, season, totals, newcomers, seconds
        case asOf = "as_of"
        case pastTotals = "past_totals"
        case groupTotals = "group_totals"
        case peakMemoryBytes = "peak_memory_bytes"
    }
}
