import Domain
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import Testing

@Suite("what every fit tells of its uncertainty", .timeLimit(.minutes(10)))
struct UncertaintyTests {
    @Test("the draws have the mean and the covariance of the parameters", arguments: 1...4)
    func sigmaPoints(axes: Int) {
        for design in [SigmaDesign.pairs, .simplex] where design == .pairs || axes < 4 {
            let steps = design.steps(axes: axes)
            let draws = (0..<SigmaDesign.draws).map { steps[design.point(ofDraw: $0)] }
            #expect(draws[0].allSatisfy { $0 == 0 })
            for row in 0..<axes {
                #expect(abs(draws.reduce(0) { $0 + $1[row] }) < 1e-12)
                for column in 0..<axes {
                    let mean = draws.reduce(0) { $0 + $1[row] * $1[column] } / 9
                    #expect(abs(mean - (row == column ? 1 : 0)) < 1e-12)
                }
            }
        }
    }

    @Test("in the nine draws purchase and spend models are uncorrelated")
    func uncorrelated() {
        let purchases = SigmaDesign.pairs.steps(axes: 4)
        let spend = SigmaDesign.simplex.steps(axes: 3)
        for one in 0..<4 {
            for other in 0..<3 {
                let products = (0..<SigmaDesign.draws).map {
                    purchases[$0][one] * spend[SigmaDesign.simplex.point(ofDraw: $0)][other]
                }
                #expect(abs(products.reduce(0, +)) < 1e-12)
            }
        }
    }

    @Test("standard errors shrink with the root of the customers", arguments: PurchaseCase.all)
    func shrink(family: PurchaseCase) throws {
        let few = family.worlds[0].world.customers(400, seed: 5)
        var many = few
        for _ in 0..<8 {
            many.repeats += few.repeats
            many.recency += few.recency
            many.age += few.age
            many.meanSpend += few.meanSpend
        }
        many.totalLogGap *= 9
        let small = try family.family.fit(PurchasePatterns(few), .none, control())
        let large = try family.family.fit(PurchasePatterns(many), .none, control())
        #expect(small.standardErrors.keys.sorted() == family.names.sorted())
        for (name, error) in small.standardErrors {
            let other = try #require(large.standardErrors[name])
            #expect(error > 0 && abs(error / other - 3) < 0.01, "\(name)")
        }
        let (one, other) = (small.conditionNumber ?? 0, large.conditionNumber ?? 0)
        #expect(one > 1 && abs(one / other - 1) < 0.01)
        #expect(small.sigmaPoints.count == 9 && small.sigmaPoints[0] == small.parameters)
        for draw in 0..<9 { _ = try family.family.load(small.draw(draw, .pairs)) }
    }

    @Test("who never leaves is taken for that, and said so", arguments: PurchaseCase.all)
    func noDropOut(family: PurchaseCase) throws {
        guard family.names.count == 4 else { return }
        var world = family.worlds[0].world
        world.leaving = .never
        let patterns = PurchasePatterns(world.customers(500, seed: 6))
        for priors in Priors.allCases {
            let fit = try family.family.fit(patterns, priors, control())
            #expect(fit.simplifications == ["no_drop_out"], "\(priors) \(fit.parameters)")
            #expect(fit.warnings.map(\.code) == ["no_drop_out"])
            #expect(fit.standardErrors.keys.sorted() == ["alpha", "r"])
            let model = try family.family.load(fit)
            // With regular gaps a long silence speaks against the customer all the same.
            #expect(model.pAlive(PurchaseHistory(repeats: 3, recency: 900, age: 1800)) > 0.99)
        }
    }

    @Test("customers who are alike are taken for that, and said so", arguments: PurchaseCase.all)
    func sameRate(family: PurchaseCase) throws {
        var world = family.worlds[0].world
        (world.shape, world.scaleDays) = (1e7, 1e7 * world.scaleDays / world.shape)
        let patterns = PurchasePatterns(world.customers(500, seed: 7))
        let fit = try family.family.fit(patterns, .none, control())
        #expect(fit.simplifications.contains("same_rate"))
        #expect(fit.converged && fit.standardErrors["r"] == nil)
        let rate = try #require(fit.parameters["r"]) / #require(fit.parameters["alpha"]) / 7
        #expect(abs(rate * world.scaleDays / world.shape - 1) < 0.1, "\(rate)")
    }

    @Test("few customers get a finite forecast, and hear that it is the priors'")
    func fewCustomers() throws {
        for family in PurchaseCase.all {
            let customers = family.worlds[0].world.customers(12, seed: 8)
            let fit = try family.family.fit(PurchasePatterns(customers), .weak, control())
            let model = try family.family.load(fit)
            let expected = model.expectedPurchases(.new, within: 365)
            #expect(fit.converged && expected.isFinite && expected > 0)
            #expect(fit.standardErrors.values.allSatisfy { $0.isFinite })
            #expect(fit.priors == .weak)
        }
    }

    @Test("priors hardly move what many customers say", arguments: PurchaseCase.all)
    func weak(family: PurchaseCase) throws {
        let patterns = PurchasePatterns(family.worlds[0].world.customers(3000, seed: 9))
        let weak = try family.family.fit(patterns, .weak, control())
        let none = try family.family.fit(patterns, .none, control())
        for name in family.names {
            let error = try #require(none.standardErrors[name])
            let move = try #require(weak.parameters[name]) - #require(none.parameters[name])
            #expect(abs(move) < 0.5 * error, "\(name)")
        }
        #expect(weak.logLikelihood <= none.logLikelihood + 1e-6)
    }
}
