import Glibc
import Modeling
import Numerics
import Parallel
import Testing

@testable import SurvivalModels

@Suite("Cox regression")
struct CoxTests {
    @Test(
        "gradient and information are the derivatives of the likelihood, with ties",
        arguments: [1, 2]
    )
    func derivatives(seed: UInt64) {
        let table = simulated(60, seed: seed, beta: [0.7, -0.4], group: 0.5).table
        let beta = [0.3, -0.2, 0.4, -0.1]
        let team = ThreadTeam(threads: 1)
        let here = table.partialLikelihood(beta, team)
        let h = 1e-5
        for row in beta.indices {
            var (up, down) = (beta, beta)
            up[row] += h
            down[row] -= h
            let above = table.partialLikelihood(up, team)
            let below = table.partialLikelihood(down, team)
            let slope = (above.value - below.value) / (2 * h)
            #expect(abs(slope - here.gradient[row]) < 1e-6 * max(1, abs(slope)), "seed \(seed)")
            for column in 0...row {
                let second = -(above.gradient[column] - below.gradient[column]) / (2 * h)
                let information = here.information[row * (row + 1) / 2 + column]
                #expect(abs(second - information) < 1e-5 * max(1, abs(second)), "seed \(seed)")
            }
        }
    }

    @Test("the likelihood is Efron's, written out for three tied events")
    func efron() {
        let table = SurvivalTable(
            times: [5, 5, 5, 5, 9],
            hasEvent: [true, true, false, true, false],
            Covariates(factors: [.init(["b"], [0, 1, 0, 1, 1])])
        )
        let beta = 0.8
        let (event, everybody) = (1 + 2 * exp(beta), 2 + 3 * exp(beta))
        let expected =
            2 * beta - log(everybody) - log(everybody - event / 3) - log(everybody - 2 * event / 3)
        let value = table.partialLikelihood([beta], ThreadTeam(threads: 1)).value
        #expect(abs(value - expected) < 1e-12)
    }

    @Test("known coefficients are found again within their errors")
    func recovery() throws {
        let (table, truth) = simulated(4000, seed: 7, beta: [0.7, -0.4], group: 0.5)
        let fit = try CoxRegression(table, control())
        #expect(fit.converged && fit.iterations < 10)
        #expect(fit.names == ["one", "two", "b", "c"])
        for index in truth.indices {
            let error = fit.standardErrors[index]
            #expect(error > 0 && error < 0.1)
            #expect(abs(fit.coefficients[index] - truth[index]) < 3.3 * error, "\(index)")
        }
        #expect(fit.concordance > 0.6)
    }

    @Test("one and two threads give the same bits")
    func sameBits() throws {
        let table = simulated(2000, seed: 3, beta: [0.7, -0.4], group: 0.5).table
        let one = try CoxRegression(table, control(threads: 1))
        let two = try CoxRegression(table, control(threads: 2))
        #expect(one.coefficients == two.coefficients && one.logLikelihood == two.logLikelihood)
        #expect(one.baseline.atRisk == two.baseline.atRisk)
    }

    @Test("what cannot be determined is refused by name, and a ridge determines it")
    func trouble() throws {
        let (times, events): ([Int32], [Bool]) = (
            [1, 2, 3, 4, 5, 6], [true, true, false, true, true, false]
        )
        let number = [0.3, 1.2, -0.4, 0.8, 0.1, 0.5]
        func table(_ other: [Double]) -> SurvivalTable {
            SurvivalTable(
                times: times,
                hasEvent: events,
                Covariates(numbers: [.init("one", number), .init("other", other)])
            )
        }
        #expect(throws: CoxTrouble.collinear("other")) {
            try CoxRegression(table(number.map { 3 - 2 * $0 }), control())
        }
        #expect(throws: CoxTrouble.collinear("other")) {
            try CoxRegression(table(number.map { _ in 1 }), control())
        }
        // The events come in the order of the covariate, so the larger its coefficient the better.
        #expect(throws: CoxTrouble.separated("other")) {
            try CoxRegression(table([6, 5, -9, 3, 2, -8]), control())
        }
        #expect(throws: CoxTrouble.noEvents) {
            try CoxRegression(
                SurvivalTable(times: [1, 2], hasEvent: [false, false], Covariates()),
                control()
            )
        }
        for other in [number, number.map { _ in 1 }, [6, 5, -9, 3, 2, -8]] {
            let fit = try CoxRegression(table(other), ridge: 1, control())
            #expect(fit.converged && fit.coefficients.allSatisfy { abs($0) < 5 })
        }
    }

    @Test("concordance counts pairs as one by one, with equal times and equal predictors")
    func concordance() {
        var random = RandomSource(seed: 5)
        let times = (0..<200).map { _ in Int32(random.uniform() * 20) }
        let events = (0..<200).map { _ in random.uniform() < 0.6 }
        let value = (0..<200).map { _ in (random.uniform() * 10).rounded(.down) }
        var (agreeing, pairs) = (0.0, 0.0)
        for i in times.indices where events[i] {
            for j in times.indices
            where times[j] > times[i] || times[j] == times[i] && !events[j] {
                pairs += 1
                agreeing += value[i] > value[j] ? 1 : value[i] == value[j] ? 0.5 : 0
            }
        }
        let table = SurvivalTable(
            times: times,
            hasEvent: events,
            Covariates(numbers: [.init("value", value)])
        )
        #expect(abs(table.concordance([1]) - agreeing / pairs) < 1e-12)
        #expect(abs(table.concordance([-1]) - (1 - agreeing / pairs)) < 1e-12)
    }

    @Test("without covariates the baseline is Nelson's and Aalen's estimate")
    func baseline() throws {
        let table = SurvivalTable(
            times: [2, 3, 3, 4, 7],
            hasEvent: [true, true, false, true, false],
            Covariates()
        )
        let fit = try CoxRegression(table, control())
        #expect(fit.converged && fit.coefficients.isEmpty && fit.concordance == 0.5)
        #expect(fit.baseline.cumulativeHazard(at: 1.9) == 0)
        #expect(abs(fit.baseline.cumulativeHazard(at: 3) - (0.2 + 0.25)) < 1e-15)
        #expect(abs(fit.baseline.cumulativeHazard(at: 99) - (0.2 + 0.25 + 0.5)) < 1e-15)
    }
}

func control(threads: Int = 2) -> WorkControl {
    WorkControl(team: ThreadTeam(threads: threads), isCancelled: { false }, clock: { 0 })
}

/// Whole days until an exponential event, censored half of the time, with two numbers and a factor
/// of three groups.
func simulated(
    _ count: Int,
    seed: UInt64,
    beta: [Double],
    group: Double
) -> (table: SurvivalTable, truth: [Double]) {
    var random = RandomSource(seed: seed)
    var (times, events): ([Int32], [Bool]) = ([], [])
    var (one, two, codes): ([Double], [Double], [UInt8]) = ([], [], [])
    for _ in 0..<count {
        one.append(random.normal())
        two.append(10 + 3 * random.normal())
        codes.append(UInt8(random.uniform() * 3))
        let rate = exp(
            beta[0] * one[one.count - 1] + beta[1] * (two[two.count - 1] - 10) / 3
                + group * Double(codes[codes.count - 1])
        )
        let event = 1 + (100 * random.exponential(rate: rate)).rounded(.down)
        let end = 1 + (120 * random.uniform()).rounded(.down)
        times.append(Int32(min(event, end)))
        events.append(event <= end)
    }
    let covariates = Covariates(
        numbers: [.init("one", one), .init("two", two)],
        factors: [.init(["b", "c"], codes)]
    )
    return (
        SurvivalTable(times: times, hasEvent: events, covariates),
        [beta[0], beta[1] / 3, group, 2 * group]
    )
}
