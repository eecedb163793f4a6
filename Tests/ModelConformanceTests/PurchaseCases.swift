import Domain
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import Testing

/// A purchase family as the suite sees it.
struct PurchaseCase: Sendable, CustomTestStringConvertible {
    var family: any PurchaseFamily
    var likelihood: @Sendable (PurchasePatterns) -> any Likelihood
    /// The parameters by name, in the order of the likelihood's point; times in weeks.
    var names: [String]
    /// Three sets of parameters with the world that they describe.
    var worlds: [(parameters: [Double], world: World)]
    /// What the family reports beside `names`.
    var constants: [String: Double] = [:]

    var testDescription: String { family.name }

    /// Customers of a world in which the family is right.
    var customers: CustomerSummaries { worlds[0].world.customers(600, seed: 11) }

    func point(_ parameters: [Double]) -> [Double] {
        zip(names, parameters).map { log(isTime($0) ? 7 * $1 : $1) }
    }

    /// A model with these parameters.
    func model(_ parameters: [Double]) throws -> any PurchaseModel {
        var fitted = try family.fit(PurchasePatterns(customers), .none, control())
        fitted.parameters = constants
        for (name, value) in zip(names, parameters) { fitted.parameters[name] = value }
        return try family.load(fitted)
    }

    private func isTime(_ name: String) -> Bool { name == "alpha" || name == "beta" }
}

func control(
    threads: Int = 2,
    isCancelled: @escaping @Sendable () -> Bool = { false }
) -> WorkControl {
    WorkControl(team: ThreadTeam(threads: threads), isCancelled: isCancelled, clock: { 0 })
}

extension PurchaseCase {
    static let all: [PurchaseCase] = [
        dropOut(BetaGeometricFamily(), isFirstOne: false) { BetaGeometricLikelihood($0) },
        dropOut(ModifiedBetaGeometricFamily(), isFirstOne: true) {
            BetaGeometricLikelihood($0, .afterEveryPurchase)
        },
        dropOut(
            RegularTimingFamily(),
            isFirstOne: true,
            regularity: 3,
            constants: ["k": 3]
        ) { RegularTimingLikelihood($0, regularity: 3) },
        dropOut(
            RegularTimingFamily(regularity: 2),
            isFirstOne: true,
            regularity: 2,
            constants: ["k": 2]
        ) { RegularTimingLikelihood($0, regularity: 2) },
        dropOut(
            RegularTimingFamily(regularity: 4),
            isFirstOne: true,
            regularity: 4,
            constants: ["k": 4]
        ) { RegularTimingLikelihood($0, regularity: 4) },
        PurchaseCase(
            family: ParetoFamily(),
            likelihood: { ParetoLikelihood($0) },
            names: ["r", "alpha", "s", "beta"],
            worlds: [[0.6, 200, 0.6, 250], [1.5, 500, 1.4, 1500], [0.25, 130, 1, 700]].map { set in
                let leaving = Leaving.afterTime(shape: set[2], scaleDays: 7 * set[3])
                return (set, World(shape: set[0], scaleDays: 7 * set[1], leaving: leaving))
            }
        ),
        PurchaseCase(
            family: NegativeBinomialFamily(),
            likelihood: { NegativeBinomialLikelihood($0) },
            names: ["r", "alpha"],
            worlds: [[0.6, 200], [1.5, 500], [0.25, 130]].map { set in
                (set, World(shape: set[0], scaleDays: 7 * set[1], leaving: .never))
            }
        ),
    ]

    /// A family whose customers may leave after a purchase.
    private static func dropOut(
        _ family: any PurchaseFamily,
        isFirstOne: Bool,
        regularity: Int = 1,
        constants: [String: Double] = [:],
        _ likelihood: @escaping @Sendable (PurchasePatterns) -> any Likelihood
    ) -> PurchaseCase {
        let sets: [[Double]] = [[0.6, 200, 0.8, 2.4], [1.5, 500, 0.5, 4], [0.25, 130, 2, 5]]
        return PurchaseCase(
            family: family,
            likelihood: likelihood,
            names: ["r", "alpha", "a", "b"],
            worlds: sets.map { set in
                let leaving = Leaving.afterPurchases(a: set[2], b: set[3], isFirstOne: isFirstOne)
                return (
                    set,
                    World(
                        shape: set[0],
                        scaleDays: 7 * set[1],
                        leaving: leaving,
                        regularity: regularity
                    )
                )
            },
            constants: constants
        )
    }
}
