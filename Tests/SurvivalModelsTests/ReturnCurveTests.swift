import Glibc
import Numerics
import Testing

@testable import SurvivalModels

@Suite("the hazard of the second purchase")
struct ReturnCurveTests {
    @Test("the tail grows from zero, ever slower, and has the limit that its exponent says")
    func tailShape() {
        for g in [-3, -0.5, -1e-12, 0, 1e-12, 0.3, 1] {
            let tail = HazardTail(followUp: 200, c: 0.4, g: g)
            #expect(tail.growth(to: 200) == 0)
            var (last, lastStep) = (0.0, Double.infinity)
            for day in 201...2000 {
                let growth = tail.growth(to: Double(day))
                #expect(
                    growth > last && growth - last <= lastStep * (1 + 1e-9),
                    "g \(g), day \(day)"
                )
                (last, lastStep) = (growth, growth - last)
            }
            // The hazard is continuous: c / m at the end of the follow-up.
            #expect(abs(tail.growth(to: 200.001) / 0.001 - 0.4 / 200) < 1e-7)
            #expect(tail.limit > last || tail.limit.isInfinite)
        }
        #expect(HazardTail(followUp: 200, c: 0.4, g: -0.5).limit == 0.8)
        #expect(HazardTail(followUp: 200, c: 0.4, g: 0).limit == .infinity)
        #expect(HazardTail(followUp: 200, c: 0, g: 0.5).limit == 0)
    }

    @Test("the exponent zero is the limit of those beside it")
    func logarithm() {
        for time in [201.0, 300, 2000, 36_500] {
            let exact = 0.4 * log(time / 200)
            for g in [0, 1e-13, -1e-13, 1e-9, -1e-9] {
                let growth = HazardTail(followUp: 200, c: 0.4, g: g).growth(to: time)
                #expect(abs(growth - exact) < 1e-8 * exact, "g \(g)")
            }
        }
    }

    @Test(
        "a falling power of time is found again in simulated waiting times",
        arguments: [0.2, 0.6, 1]
    )
    func recovery(g: Double) throws {
        var random = RandomSource(seed: 11)
        var (times, events): ([Int32], [Bool]) = ([], [])
        for _ in 0..<20_000 {
            // H(t) = 0.05 t^g / g.
            let wait = pow(g * random.exponential(rate: 1) / 0.05, 1 / g).rounded(.up)
            times.append(Int32(min(wait, 400)))
            events.append(wait <= 400)
        }
        let table = SurvivalTable(times: times, hasEvent: events, Covariates())
        let curve = ReturnCurve(try CoxRegression(table, control()).baseline)
        #expect(curve.tail.followUp == 400 || g == 1)
        #expect(abs(curve.tail.g - g) < 0.25, "\(curve.tail.g)")
        for day in [100.0, 400, 800] {
            let truth = 0.05 * pow(day, g) / g
            let found = curve.cumulativeHazard(day)
            #expect(abs(found - truth) < 0.1 * truth, "day \(day): \(found), \(truth)")
        }
    }

    @Test("a rising hazard is kept level, and none at the end of the follow-up stays none")
    func bounds() throws {
        let rising = SurvivalTable(
            times: (0..<2000).map { Int32((90_000 * (Double($0) + 0.5) / 2000).squareRoot()) + 1 },
            hasEvent: Array(repeating: true, count: 2000),
            Covariates()
        )
        let level = ReturnCurve(try CoxRegression(rising, control()).baseline)
        #expect(level.tail.g == 1 && level.tail.c > 0)
        let none = SurvivalTable(
            times: [5] + Array(repeating: 100, count: 500),
            hasEvent: [true] + Array(repeating: false, count: 500),
            Covariates()
        )
        let curve = ReturnCurve(try CoxRegression(none, control()).baseline)
        #expect(curve.cumulativeHazard(.infinity).isFinite || curve.tail.c > 0)
        #expect(curve.cumulativeHazard(4) == 0 && curve.cumulativeHazard(5) == 1.0 / 501)
    }

    @Test("the curve never falls, day by day and across the end of the follow-up")
    func monotone() throws {
        let table = simulated(2000, seed: 21, beta: [0.7, -0.4], group: 0.5).table
        let curve = ReturnCurve(try CoxRegression(table, control()).baseline)
        var last = -1.0
        for day in 0...500 {
            let hazard = curve.cumulativeHazard(Double(day))
            #expect(hazard >= last && hazard.isFinite)
            last = hazard
        }
        #expect(curve.cumulativeHazard(.infinity) >= last)
    }
}
