import Domain
import Modeling
import ProbabilityModels
import Testing

@Suite("what later purchases are worth") struct DiscountTests {
    @Test("a finite value is between none and the undiscounted", arguments: PurchaseCase.all)
    func finite(family: PurchaseCase) throws {
        let model = try family.model(family.worlds[0].parameters)
        let customer = PurchaseHistory(repeats: 3, recency: 400, age: 500)
        for days in [30, 365, 3650] {
            let expected = model.expectedPurchases(customer, within: Double(days))
            let plain = model.discountedPurchases(customer, over: Horizon(days: days))
            let horizon = Horizon(days: days, annualDiscountRate: 0.15)
            let discounted = model.discountedPurchases(customer, over: horizon)
            #expect(plain == expected && discounted < expected)
            // Not below all of them at the horizon's end.
            var end = expected
            for _ in 0..<(days / 365 + 1) { end /= 1.15 }
            #expect(discounted > end)
        }
    }

    @Test("Pareto/NBD's value over a century is that for ever")
    func infinite() {
        let model = ParetoModel(r: 0.553, alphaWeeks: 10.578, s: 0.606, betaWeeks: 11.669)
        let customer = PurchaseHistory(repeats: 7, recency: 245, age: 272)
        let horizon = Horizon(days: 36_500, annualDiscountRate: 0.15)
        let rate = 0.13976194237515868 / 365
        let ever = model.discountedPurchases(customer, dailyRate: rate)
        #expect(abs(model.discountedPurchases(customer, over: horizon) / ever - 1) < 1e-5)
    }
}
