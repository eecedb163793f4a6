import Domain
import Features
import Glibc
import Modeling
import Parallel
import ProbabilityModels

/// Every purchase family on the world's customers: fit and scoring of one horizon.
enum Families {
    private static let all: [any PurchaseFamily] = [
        BetaGeometricFamily(), ModifiedBetaGeometricFamily(), ParetoFamily(),
        NegativeBinomialFamily(), RegularTimingFamily(), RegularTimingFamily(regularity: 2),
    ]

    static func measure(customers: Int, _ team: ThreadTeam) {
        let summaries = Features.summarise(World.ledger(customers: customers, seed: 1), team)
        let control = WorkControl(team: team, isCancelled: { false }, clock: { seconds() })
        let patterns = PurchasePatterns(summaries)
        let grid = FrequencyAgeGrid(summaries)
        print("customers \(customers), patterns \(patterns.count), pairs \(grid.count)")
        for family in all {
            do {
                let model = try measureThrowing("\(family.name), fit") { () throws(ModelProblem) in
                    try family.fit(patterns, .weak, control)
                }
                print("  log-likelihood \(model.logLikelihood), iterations \(model.iterations)")
                try score(try family.load(model), grid, summaries, team)
            } catch {
                print("\(family.name): \(error)")
            }
        }
        report("peak memory, MB", Double(peakMemoryKilobytes()) / 1024)
    }

    private static func score(
        _ model: any PurchaseModel,
        _ grid: FrequencyAgeGrid,
        _ summaries: CustomerSummaries,
        _ team: ThreadTeam
    ) throws(ModelProblem) {
        for rate in [0, 0.15] {
            let horizon = Horizon(days: 365, annualDiscountRate: rate)
            let total = clvbench.measure("  365 days, discounted by \(rate)") {
                let forecaster = PurchaseForecaster(model, for: grid, over: horizon, team)
                let batches = ThreadTeam.chunks(of: summaries.count, by: 16_384)
                return team.map(batches.count) {
                    forecaster.forecast(batches[$0], of: summaries).expectedPurchases.reduce(0, +)
                }.reduce(0, +)
            }
            print("    expected purchases \(total)")
        }
    }
}
