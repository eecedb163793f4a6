import Domain
import Modeling
import ProbabilityModels
import Testing

@Suite struct RegularityTests {
    private let world = World(
        shape: 1.5,
        scaleDays: 1400,
        leaving: .afterPurchases(a: 0.8, b: 2.4, isFirstOne: true),
        regularity: 2
    )

    @Test("k is found by likelihood, or forced")
    func choice() throws {
        let patterns = PurchasePatterns(world.customers(2000, seed: 8))
        let found = try RegularTimingFamily().fit(patterns, .none, control())
        let forced = try RegularTimingFamily(regularity: 2).fit(patterns, .none, control())
        #expect(found.parameters == forced.parameters && found.parameters["k"] == 2)
        #expect(found.name == "mbg_cnbd_k" && forced.name == "mbg_cnbd_2")
        var wrong = forced
        wrong.parameters["k"] = 3
        #expect(throws: ModelProblem.self) { try RegularTimingFamily(regularity: 2).load(wrong) }
    }
}
