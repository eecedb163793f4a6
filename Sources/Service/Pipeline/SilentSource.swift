import Domain

/// The days since the newest purchase, beside those that lie between days with purchases.
struct Silence {
    let last: Day
    let days: Int
    /// From one day with purchases to the next are nearly always no more.
    let usualDays: Int

    /// Nil of fewer than two days with purchases.
    init?(_ counts: DailyCounts) {
        let busy = (0..<counts.days).filter {
            counts.newCustomers[$0] + counts.repeatPurchases[$0] > 0
        }
        let gaps = zip(busy.dropFirst(), busy).map { $0 - $1 }.sorted()
        guard let last = busy.last, !gaps.isEmpty else { return nil }
        usualDays = gaps[(gaps.count - 1) * 19 / 20]
        days = counts.days - 1 - last
        self.last = counts.firstDay + last
    }

    /// The next day with purchases comes later than is usual already.
    var isUnusual: Bool { days >= usualDays }
}

/// The source has had no purchase for so long that it may have stopped.
///
/// Customers who cannot be seen buying look like customers who left.
struct SilentSource: Problem {
    private let silence: Silence

    /// Nil unless the days since the last purchase are a week or more, and more than three times as many
    /// as nearly always lie between days with purchases.
    init?(_ counts: DailyCounts) {
        guard let silence = Silence(counts), silence.days >= 7,
            silence.days > 3 * silence.usualDays
        else { return nil }
        self.silence = silence
    }

    var code: String { "source_silent" }
    var message: String {
        let days = silence.usualDays
        let usual = days == 1 ? "every day is usual" : "every \(days) days is usual"
        return "nobody bought in the \(silence.days) days up to the as-of date, where \(usual)"
    }
    var cause: String? { "the newest purchase is of \(silence.last)" }
    var fix: String? {
        "see that the source has the purchases since \(silence.last), or forecast as of that day"
    }
    var failureClass: FailureClass { .refused }
}

extension EventStream {
    /// Warns when the source may have stopped.
    func warnOfSilence(_ counts: DailyCounts) throws {
        if let silence = SilentSource(counts) { try warn(silence.report) }
    }
}
