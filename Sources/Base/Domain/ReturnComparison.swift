/// How well a model of one-timers' return did on earlier dates beside the purchase model.
///
/// By the logarithmic score: the logarithm of the probability that was given to what then happened.
package struct ReturnComparison: Codable, Hashable, Sendable {
    /// The model that would take one-timers over.
    package var model: String
    package var purchaseModel: String
    package var horizonDays: Int
    package var origins: [Origin]
    /// How much better the score of a one-timer was in the mean.
    package var gain: Double
    package var standardError: Double

    package struct Origin: Codable, Hashable, Sendable {
        package var day: Day
        package var oneTimers: Int
        package var returns: Int
        package var gain: Double

        package init(day: Day, oneTimers: Int, returns: Int, gain: Double) {
            (self.day, self.oneTimers) = (day, oneTimers)
            (self.returns, self.gain) = (returns, gain)
        }

        private enum CodingKeys: String, CodingKey {
            case returns, gain
            case day = "origin_on"
            case oneTimers = "one_timers"
        }
    }

    package init(
        model: String,
        purchaseModel: String,
        horizonDays: Int,
        origins: [Origin],
        gain: Double,
        standardError: Double
    ) {
        (self.model, self.purchaseModel, self.horizonDays) = (model, purchaseModel, horizonDays)
        (self.origins, self.gain, self.standardError) = (origins, gain, standardError)
    }

    private enum CodingKeys: String, CodingKey {
        case model, origins, gain
        case purchaseModel = "purchase_model"
        case horizonDays = "horizon_days"
        case standardError = "standard_error"
    }

    /// Fewer returns than that are no evidence.
    private static let returnsWanted = 50

    private var returns: Int { origins.reduce(0) { $0 + $1.returns } }

    /// Better beyond chance: by more than two standard errors over all customers, who are taken for
    /// independent, and on three of four dates, which have fortunes of their own.
    package var isBetter: Bool {
        let won = origins.count { $0.gain > 0 }
        return origins.count > 1 && 4 * won >= 3 * origins.count
            && returns >= ReturnComparison.returnsWanted
            && gain > 2 * standardError
    }

    /// For people: who forecasts one-timers, and why.
    package var sentence: String {
        guard !origins.isEmpty else {
            return "\(purchaseModel): no earlier date has history enough to try \(model)"
        }
        let dates = origins.count == 1 ? "one earlier date" : "\(origins.count) earlier dates"
        let score = "(log score \(signed(gain)) +- \(signed(standardError).dropFirst()))"
        if isBetter {
            return "\(model): it told returns better than \(purchaseModel) on \(dates) \(score)"
        }
        return "\(purchaseModel): \(model) was " + doubt(dates, score)
    }

    /// What makes a gain none.
    private func doubt(_ dates: String, _ score: String) -> String {
        let won = origins.count { $0.gain > 0 }
        if gain <= 2 * standardError { return "not surely better on \(dates) \(score)" }
        if returns < ReturnComparison.returnsWanted {
            return "better on \(dates) \(score), but so few as \(returns) one-timers returned"
        }
        return origins.count == 1
            ? "better on \(dates) \(score), and one is too few"
            : "better on \(won) of \(dates) only \(score)"
    }

    /// With four decimals.
    private func signed(_ value: Double) -> String {
        let whole = Int((abs(value) * 10_000).rounded())
        let decimals = "\(10_000 + whole % 10_000)".dropFirst()
        return "\(value < 0 ? "-" : "+")\(whole / 10_000).\(decimals)"
    }
}
