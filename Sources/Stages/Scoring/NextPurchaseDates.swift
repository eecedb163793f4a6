import Domain
import Modeling

extension ForecastBatch {
    /// Fills the dates of those who return within the horizon with at least one half.
    mutating func fillNextPurchase(_ days: [NextPurchaseForecaster.Days], after asOf: Day?) {
        guard let asOf else { return }
        let probabilities = self[.returnProbability]
        func dates(_ day: (NextPurchaseForecaster.Days) -> Double) -> [Double] {
            zip(probabilities, days).map { probability, days in
                let date = Double(asOf.number) + day(days)
                let isGiven =
                    probability >= Scorer.dateProbability && ForecastField.dayNumbers.contains(date)
                return isGiven ? date : .nan
            }
        }
        self[.nextPurchaseOn] = dates(\.median)
        self[.nextPurchaseOnLow] = dates(\.low)
        self[.nextPurchaseOnHigh] = dates(\.high)
    }
}
