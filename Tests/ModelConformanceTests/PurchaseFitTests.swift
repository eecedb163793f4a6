import Domain
import Glibc
import JSONCoding
import Modeling
import Parallel
import Testing

/// Whether the long tier is asked for.
let longTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// The .999 quantiles of chi-square with two, three and four degrees of freedom.
let chiSquareLimits = [2: 13.816, 3: 16.266, 4: 18.467]

@Suite("what the fit of every purchase family must do", .timeLimit(.minutes(10)))
struct PurchaseFitTests {
    @Test("known parameters are recovered", arguments: PurchaseCase.all, [0, 1, 2])
    func recovery(family: PurchaseCase, set: Int) throws {
        let (parameters, world) = family.worlds[set]
        let patterns = PurchasePatterns(world.customers(longTier ? 20_000 : 3000, seed: 20))
        let fit = try family.family.fit(patterns, .none, control())
        let truth = value(family.likelihood(patterns), family.point(parameters))
        let ratio = 2 * (fit.logLikelihood - truth)
        let limit = try #require(chiSquareLimits[family.names.count])
        #expect(fit.converged && ratio > -1e-6 && ratio < limit, "seed 20, ratio \(ratio)")
    }

    @Test("the gradient agrees with central differences", arguments: PurchaseCase.all)
    func gradient(family: PurchaseCase) {
        let patterns = PurchasePatterns(family.customers)
        let likelihood = family.likelihood(patterns)
        let near = family.point(family.worlds[0].parameters)
        for shift in [[0, 0, 0, 0], [2, -1, 1, 1], [-2, 2, -2, -2], [1, 3, 2.5, -3.0]] {
            let point = zip(near, shift).map { $0 + $1 }
            #expect(gradientError(likelihood, at: point) < 2e-7, "\(point)")
        }
    }

    @Test("a model goes through JSON and forecasts the same", arguments: PurchaseCase.all)
    func coding(family: PurchaseCase) throws {
        let customers = family.customers
        let fitted = try family.family.fit(PurchasePatterns(customers), .none, control())
        let bytes = try JSONCoding.encode(fitted)
        let decoded = try JSONCoding.decode(FittedModel.self, from: bytes)
        #expect(decoded == fitted && fitted.name == family.family.name)
        let before = forecast(try family.family.load(fitted), customers)
        #expect(before == forecast(try family.family.load(decoded), customers))
    }

    @Test("a fit knows nothing of the one before", arguments: PurchaseCase.all)
    func refit(family: PurchaseCase) throws {
        let patterns = PurchasePatterns(family.customers)
        let first = try family.family.fit(patterns, .none, control())
        let others = family.worlds[1].world.customers(300, seed: 2)
        let other = try family.family.fit(PurchasePatterns(others), .none, control())
        #expect(other.parameters != first.parameters)
        #expect(try family.family.fit(patterns, .none, control()) == first)
    }

    @Test("one and two threads give the same bits", arguments: PurchaseCase.all)
    func sameBits(family: PurchaseCase) throws {
        // So many that the work is split.
        let customers = family.worlds[0].world.customers(9000, seed: 3)
        let likelihood = family.likelihood(PurchasePatterns(customers))
        let point = family.point(family.worlds[1].parameters)
        let values = [1, 2].map { threads in
            var gradient = point
            let value = likelihood.evaluate(point, &gradient, ThreadTeam(threads: threads))
            return gradient + [value]
        }
        #expect(values[0] == values[1])
        let fewer = family.worlds[0].world.customers(1200, seed: 3)
        let patterns = PurchasePatterns(fewer)
        let one = try family.family.fit(patterns, .none, control(threads: 1))
        #expect(try family.family.fit(patterns, .none, control(threads: 2)) == one)
        let model = try family.family.load(one)
        #expect(forecast(model, fewer, threads: 1) == forecast(model, fewer, threads: 2))
    }

    @Test("a cancelled fit leaves nothing", arguments: PurchaseCase.all)
    func cancelled(family: PurchaseCase) {
        let patterns = PurchasePatterns(family.customers)
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(patterns, .none, control(isCancelled: { true }))
        }
        #expect(error?.failureClass == .cancelled)
    }

    @Test("parameters that are missing or impossible are refused", arguments: PurchaseCase.all)
    func damaged(family: PurchaseCase) throws {
        var fitted = try family.family.fit(PurchasePatterns(family.customers), .none, control())
        for name in fitted.parameters.keys.sorted() {
            for value in [nil, 0, -1, .nan, .infinity] as [Double?] {
                let sound = fitted.parameters[name]
                fitted.parameters[name] = value
                let error = #expect(throws: ModelProblem.self) { try family.family.load(fitted) }
                #expect(error?.code == "damaged_model")
                fitted.parameters[name] = sound
            }
        }
    }

    @Test("customers without repeat purchases are refused", arguments: PurchaseCase.all)
    func nothingToLearn(family: PurchaseCase) {
        var customers = family.customers
        customers.repeats = customers.repeats.map { _ in 0 }
        customers.recency = customers.repeats
        let error = #expect(throws: ModelProblem.self) {
            try family.family.fit(PurchasePatterns(customers), .none, control())
        }
        #expect(error?.code == "no_repeat_purchases")
    }
}

private func value(_ likelihood: some Likelihood, _ point: [Double]) -> Double {
    var gradient = point
    return likelihood.evaluate(point, &gradient, ThreadTeam())
}

private func forecast(
    _ model: any PurchaseModel,
    _ customers: CustomerSummaries,
    threads: Int = 2
) -> [[Double]] {
    let horizon = Horizon(days: 5000, annualDiscountRate: 0.1)
    let grid = FrequencyAgeGrid(customers)
    let forecast = PurchaseForecaster(model, for: grid, over: horizon, ThreadTeam(threads: threads))
        .forecast(0..<customers.count, of: customers)
    return [
        forecast.pAlive, forecast.returnProbability, forecast.expectedPurchases,
        forecast.discountedPurchases,
    ]
}

/// The largest relative difference between a likelihood's gradient and central differences.
func gradientError(_ likelihood: some Likelihood, at point: [Double]) -> Double {
    var gradient = point
    _ = likelihood.evaluate(point, &gradient, ThreadTeam(threads: 1))
    let scale = gradient.map(abs).max() ?? 1
    return point.indices.map { index in
        var (above, below) = (point, point)
        above[index] += 1e-5
        below[index] -= 1e-5
        let rise = value(likelihood, above) - value(likelihood, below)
        return abs(rise / 2e-5 - gradient[index]) / scale
    }.max() ?? 0
}
