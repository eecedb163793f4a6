/// For people.
extension PastTotals {
    /// `30 days from 4 earlier dates: off by -4 % to +9 %, taken to 8 % beyond chance`.
    package var sentence: String {
        levelErrors.keys.sorted().map(sentence).joined(separator: "; ")
    }

    private func sentence(_ days: Int) -> String {
        let past = counting(ofDays: days)
        let level = levelError(ofDays: days).purchases
        guard !past.isEmpty else {
            let origin = totals.isEmpty ? "" : " by what other horizons were off"
            return "\(days) days: no earlier date has history enough, "
                + "taken to \(percent(level)) %\(origin)"
        }
        let from = past.count == 1 ? "one earlier date" : "\(past.count) earlier dates"
        let season = past[0].lacksSeason == true ? " that knew no season yet" : ""
        let errors = [off(past), nothing(past)].compactMap(\.self).joined(separator: ", ")
        return "\(days) days from \(from)\(season): \(errors), "
            + "taken to \(percent(level)) % beyond chance"
    }

    private func off(_ past: [PastTotal]) -> String? {
        let biases = past.compactMap(\.purchases.bias)
        guard let least = biases.min(), let most = biases.max() else { return nil }
        let range = biases.count == 1 ? signed(least) : "\(signed(least)) % to \(signed(most))"
        return "off by \(range) %"
    }

    private func nothing(_ past: [PastTotal]) -> String? {
        let empty = past.count { $0.purchases.bias == nil }
        guard empty > 0 else { return nil }
        guard past.count > 1 else { return "nothing came after it" }
        return "nothing came after \(empty == past.count ? "any" : "\(empty)") of them"
    }

    private func percent(_ share: Double) -> Int { Int((100 * share).rounded()) }

    private func signed(_ share: Double) -> String {
        let percent = percent(share)
        return percent < 0 ? "\(percent)" : "+\(percent)"
    }
}
