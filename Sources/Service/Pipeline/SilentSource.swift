import Domain

/// The source has had no purchase for so long that it may have stopped.
///
/// Customers who cannot be seen buying look like customers who left.
struct SilentSource: Problem {
    private let last: Day
    private let silentDays: Int
    private let usualDays: Int

    /// Nil unless the days since the last purchase are a week or more, and more than three times as many
    /// as nearly always lie between days with purchases.
    init?(_ counts: DailyCounts) {
        let busy = (0..<counts.days).filter {
            counts.newCustomers[$0] + counts.repeatPurchases[$0] > 0
        }
        let gaps = zip(busy.dropFirst(), busy).map { $0 - $1 }.sorted()
        guard let last = busy.last, !gaps.isEmpty else { return nil }
        usualDays = gaps[(gaps.count - 1) * 19 / 20]
        silentDays = counts.days - 1 - last
        self.last = counts.firstDay + last
        guard silentDays >= 7, silentDays > 3 * usualDays else { return nil }
    }

    var code: String { "source_silent" }
    var message: String {
        let usual = usualDays == 1 ? "every day is usual" : "every \(usualDays) days is usual"
        return "nobody bought in the \(silentDays) days up to the as-of date, where \(usual)"
    }
    var cause: String? { "the newest purchase is of \(last)" }
    var fix: String? {
        "see that the source has the purchases since \(last), or forecast as of that day"
    }
    var failureClass: FailureClass { .refused }
}

extension EventStream {
    /// Warns when the source may have stopped.
    func warnOfSilence(_ counts: DailyCounts) throws {
        if let silence = SilentSource(counts) { try warn(silence.report) }
    }
}
