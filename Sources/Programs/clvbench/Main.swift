import Domain
import Features
import Glibc
import Modeling
import Numerics
import Parallel
import ProbabilityModels
import Scoring
import Training

/// Measures the kernels of a run on a simulated base: `clvbench [CUSTOMERS [THREADS]]`; or writes that
/// base's purchases for the end-to-end benchmark: `clvbench purchases CUSTOMERS`.
///
/// `clvbench holdout FOLDER` scores every family on the real purchases of a folder.
/// `clvbench publishing SOCKET [ROWS]` measures publications in database `bench` beside bare COPY.
/// `clvbench families [CUSTOMERS [THREADS]]` fits and scores with every purchase family.
@main enum Benchmarks {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let customers = arguments.first ?? 1_000_000
        if CommandLine.arguments.dropFirst().first == "purchases" {
            return PurchaseFile.print(customers: customers, seed: 1)
        }
        let team = ThreadTeam(threads: arguments.dropFirst().first ?? .max)
        if CommandLine.arguments.dropFirst().first == "families" {
            return Families.measure(customers: max(2, customers), team)
        }
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            if words.first == "publishing" {
                let rows = words.count > 2 ? Int(words[2]) : nil
                return try PublishingBench.run(socket: words[1], rows: rows ?? 1_000_000)
            }
            if words.first == "holdout" { return try HoldOut.run(words.last ?? ".", team) }
            special()
            try run(customers: max(2, customers), team)
        } catch {
            print("\(error)")
            exit(1)
        }
    }

    private static func run(customers: Int, _ team: ThreadTeam) throws(ModelProblem) {
        let catalogue = ModelCatalogue(
            purchases: [BetaGeometricFamily()],
            spend: [GammaGammaFamily()]
        )
        let ledger = World.ledger(customers: customers, seed: 1)
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
            }
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
