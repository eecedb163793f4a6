import Configuration
import Modeling
import Pipeline
import Testing

@Suite struct CatalogueTests {
    @Test("the names that a configuration may write are those of the families, by kind")
    func names() {
        func named(_ kind: ModelName.Kind) -> [String] {
            ModelName.all.filter { $0.kind == kind }.map(\.name)
        }
        #expect(named(.purchases) == catalogue.purchases.map(\.name))
        #expect(named(.oneTimers) == catalogue.returns.map(\.name))
        #expect(named(.spend) == catalogue.spend.map(\.name))
    }
}
