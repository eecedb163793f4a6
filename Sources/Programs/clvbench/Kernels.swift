import Domain
import Features
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import Training

/// The numeric kernels of a run on a simulated base, one by one.
enum Kernels {
    static func run(customers: Int, _ team: ThreadTeam) throws(ModelProblem) {
        let catalogue = ModelCatalogue(
            purchases: [BetaGeometricFamily()],
            spend: [GammaGammaFamily()]
        )
        let ledger = World.ledger(customers: customers, seed: 1)
        special()
        print(
            "customers \(customers), purchase days \(ledger.purchaseDays), threads \(team.threads)"
        )
        let summaries = measure("features") { Features.summarise(ledger, team) }
        let control = WorkControl(team: team, isCancelled: { false }, clock: { seconds() })
        let patterns = measure("purchase patterns") { PurchasePatterns(summaries) }
        let spendPatterns = measure("spend patterns") { SpendPatterns(summaries) }
        evaluate("bg_nbd evaluation", BetaGeometricLikelihood(patterns), 4, team)
        evaluate("gamma_gamma evaluation", GammaGammaLikelihood(spendPatterns), 3, team)
        let trained = try measureThrowing("fit of both, in all") { () throws(ModelProblem) in
            try Training.fit([], of: catalogue, to: summaries, control) { _, _ in }
        }
        for model in trained.models { describe(model) }
        for days in [30, 365] {
            try score(trained.models, catalogue, summaries, ValueTerms(), days: days, team)
        }
        let discounted = ValueTerms(grossMargin: 0.3, annualDiscountRate: 0.15)
        try score(trained.models, catalogue, summaries, discounted, days: 365, team)
        report("peak memory, MB", Double(peakMemoryKilobytes()) / 1024)
    }

    private static func score(
        _ models: [FittedModel],
        _ catalogue: ModelCatalogue,
        _ summaries: CustomerSummaries,
        _ terms: ValueTerms,
        days: Int,
        _ team: ThreadTeam
    ) throws(ModelProblem) {
        let discount = terms.annualDiscountRate > 0 ? ", discounted" : ""
        let name = "scoring, \(days) days\(discount)"
        let totals = try measureThrowing(name) { () throws(ModelProblem) in
            let scorer = try Scorer(
                models,
                of: catalogue,
                for: summaries,
                horizonsDays: [days],
                terms,
                team
            )
            return scorer.score(team) {
                $0.count
            } deliver: { _ in
            }.totals
        }
        for total in totals {
            print(
                "  expected purchases \(total.expectedPurchases), spend \(total.expectedSpend ?? 0)"
            )
        }
    }

    private static func describe(_ model: FittedModel) {
        let parameters = model.parameters.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        report("  \(model.name), seconds", model.seconds)
        print(
            "    \(parameters); log-likelihood \(model.logLikelihood), \(model.patterns) patterns,"
                + " \(model.iterations) iterations, converged \(model.converged)"
        )
    }

    private static func special() {
        let arguments = (0..<100_000).map { 0.01 + Double($0 % 1000) / 10 }
        perOperation("logGamma", arguments, logGamma)
        perOperation("digamma", arguments, digamma)
    }
}
