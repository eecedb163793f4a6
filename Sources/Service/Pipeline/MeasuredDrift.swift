import Domain
import Evaluation
import Features
import ModelStore
import Modeling
import Training

extension StoredVersion {
    /// How this version has forecast since its fit, by a sample of the customers whom it knew.
    ///
    /// - Returns: nil within a week of the fit, and while the source may have stopped: a fit would
    ///   learn that nobody buys any more.
    func drift(
        upTo ledger: Ledger,
        _ counts: DailyCounts,
        _ control: WorkControl
    ) throws -> Drift? {
        let days = DriftWindow.days(from: manifest.asOf, upTo: ledger.asOf, counts)
        guard days >= Drift.shortestDays, SilentSource(counts) == nil else { return nil }
        let models = try ChosenModels.models(of: self)
        let origin = PastOrigin(
            Evaluation.sample(ledger, control.team),
            manifest.asOf,
            upTo: manifest.asOf + days
        )
        guard origin.known.customerCount > 0 else { return nil }
        let summaries = Features.summarise(origin.known, control.team)
            .with(firstPurchasesOf: origin.known, for: models.map(\.name), control)
            .seen(
                in: try ChosenModels.season(of: self),
                origin.known,
                Features.countDays(origin.known),
                control
            )
        return try Evaluation.drift(
            of: manifest.version,
            since: origin,
            models,
            of: catalogue,
            for: summaries,
            noise: DriftNoise(
                try ChosenModels.pastTotals(of: self),
                known: origin.known,
                days: days,
                returnedShare: ledger.returnedShare
            ),
            control
        )
    }
}

/// The days since a fit that are judged.
enum DriftWindow {
    /// As many as whole weeks have come.
    ///
    /// Newest days that are empty where that is unusual are still on their way: else customers would
    /// seem to have left, and no fit would cure it.
    static func days(from fit: Day, upTo asOf: Day, _ counts: DailyCounts) -> Int {
        var end = asOf
        if let silence = Silence(counts), silence.isUnusual { end = silence.last }
        return (end - fit) / 7 * 7
    }
}
