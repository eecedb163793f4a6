/// What came since a version of the models was fitted, beside what it forecast for those days.
package struct Drift: Codable, Hashable, Sendable {
    /// The version's name in the model store.
    package var version: String
    /// From the day of the fit up to now, of the customers whom the version knew.
    package var sinceFit: PastTotal
    /// How far purchases or spend lie from their forecast, whichever is further: 1 is what chance and
    /// the usual error of the level explain.
    package var deviations: Double

    /// In a shorter time, and in parts of a week, the week's rhythm looks like drift.
    package static let shortestDays = 7
    /// Of a right model fewer than one look in a hundred finds purchases or spend further off.
    ///
    /// One normal total is in one of 370. Looks at one version share most of their days.
    package static let usualLimit = 3.0

    package init(version: String, sinceFit: PastTotal, deviations: Double) {
        (self.version, self.sinceFit, self.deviations) = (version, sinceFit, deviations)
    }

    private enum CodingKeys: String, CodingKey {
        case version, deviations
        case sinceFit = "since_fit"
    }
}

/// For people.
extension Drift {
    /// `in 28 days since the fit came 3 % more purchases and 12 % less spend than forecast, 0.9
    /// deviations`.
    package var sentence: String {
        let days = sinceFit.horizonDays == 1 ? "1 day" : "\(sinceFit.horizonDays) days"
        let spend = sinceFit.spend.map { " and \(Drift.part($0)) spend" } ?? ""
        let deviations = (deviations * 10).rounded() / 10
        return "in \(days) since the fit came \(Drift.part(sinceFit.purchases)) purchases\(spend) "
            + "than forecast, \(deviations) deviations"
    }

    private static func part(_ total: PastTotal.Comparison) -> String {
        guard total.expected > 0 else { return "other" }
        let percent = Int((100 * min(999, abs(total.actual / total.expected - 1))).rounded())
        return "\(percent) % \(total.actual < total.expected ? "less" : "more")"
    }
}
