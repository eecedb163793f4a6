package import Domain
import Glibc

/// How customers who really were new have bought, beside what the purchase model says of brand-new ones.
///
/// The model is fitted to everybody, and of a source that begins in the middle of a business many of them
/// only look new in its first part: they buy more than newcomers do.
package struct NewcomerHabits: Hashable, Sendable {
    /// Repeat purchases over those that the model expects.
    package var factor: Double
    /// How far a month's newcomers are off from each other beyond chance: the deviation of the logarithm.
    package var deviation: Double

    package static let asModelled = NewcomerHabits(factor: 1, deviation: 0)
    /// Before the data are seen, the deviation of the factor's logarithm, and `deviation`.
    private static let usual = (factor: 0.3, deviation: LevelError.usual.purchases)
    /// Who came earlier tells of another shop.
    private static let longestDays = 730
    private static let cohortDays = 28

    private init(factor: Double, deviation: Double) {
        (self.factor, self.deviation) = (factor, deviation)
    }

    package init(_ summaries: CustomerSummaries, _ model: any PurchaseModel, _ counts: DailyCounts)
    {
        let reach = min(Self.longestDays, counts.days - 1 - ArrivalHistory.leftOut(of: counts))
        let new = summaries.calendarAge.indices.filter { summaries.calendarAge[$0] <= reach }
        let oldest = new.reduce(Int32(0)) { max($0, summaries.age[$1]) }
        let curve = ExpectedByAge(model, upTo: Double(oldest))
        var (all, squares) = (Cohort(), 0.0)
        var cohorts = [Cohort](repeating: all, count: max(0, reach) / Self.cohortDays + 1)
        for customer in new {
            let (came, expected) = (
                Double(summaries.repeats[customer]), curve[Double(summaries.age[customer])]
            )
            let cohort = Int(summaries.calendarAge[customer]) / Self.cohortDays
            cohorts[cohort].add(came, expected)
            all.add(came, expected)
            squares += (came - expected) * (came - expected)
        }
        guard all.expected > 0 else {
            self.init(factor: 1, deviation: Self.usual.deviation)
            return
        }
        let dispersion = max(1, squares / all.expected)
        let whole = all.miss(dispersion, times: 1)
        let prior = Self.usual.factor * Self.usual.factor
        let factor = exp(whole.log * prior / (prior + whole.chance))
        self.init(
            factor: factor,
            deviation: levelDeviation(
                cohorts.filter { $0.expected > 0 }.map { $0.miss(dispersion, times: factor) },
                usual: Self.usual.deviation
            )
        )
    }

    /// For people; nil when newcomers are taken to buy as modelled.
    package var sentence: String? {
        let percent = Int((100 * abs(factor - 1)).rounded())
        guard percent >= 5 else { return nil }
        return
            "each buys \(percent) % \(factor < 1 ? "less" : "more") often later than the model says,"
            + " as those did who came since the history began well"
    }
}

/// Repeat purchases of some customers.
private struct Cohort {
    var came = 0.0
    var expected = 0.0

    mutating func add(_ came: Double, _ expected: Double) {
        self.came += came
        self.expected += expected
    }

    func miss(_ dispersion: Double, times factor: Double) -> LevelMiss {
        let expected = expected * factor
        // Nothing at all is no infinite miss: of Poisson counts this is a half.
        return LevelMiss(
            log: log((came + 0.5) / (expected + 0.5)),
            chance: log1p(dispersion / expected)
        )
    }
}
