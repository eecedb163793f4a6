import Glibc
import Numerics
import Testing

private func rosenbrock(_ point: [Double], _ gradient: inout [Double]) -> Double {
    let (x, y) = (point[0], point[1])
    gradient = [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)]
    return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x)
}

private let plane = [-100.0...100.0, -100.0...100.0]

@Suite struct MinimisationTests {
    @Test(
        "Rosenbrock's valley is followed to its end",
        arguments: [[-1.2, 1], [90, -90], [0, 0], [1, 1]]
    )
    func valley(start: [Double]) {
        let found = minimise(from: start, in: plane, rosenbrock)
        #expect(found.converged)
        #expect(abs(found.point[0] - 1) < 1e-5 && abs(found.point[1] - 1) < 1e-5)
        #expect(found.iterations < 200)
    }

    @Test("a minimum outside the box is found on its edge, and the edge is reported")
    func box() {
        let found = minimise(from: [0, 0], in: [-2.0...0.5, -2.0...2.0], rosenbrock)
        #expect(found.converged)
        #expect(found.point[0] == 0.5 && abs(found.point[1] - 0.25) < 1e-6)
        #expect(found.atBound == [true, false])
    }

    @Test("a start outside the box begins at its edge")
    func outside() {
        let found = minimise(from: [7, 7], in: [-2.0...2.0, -2.0...2.0], rosenbrock)
        #expect(found.converged && abs(found.point[0] - 1) < 1e-5)
    }

    @Test("a function that is undefined in places is minimised where it is defined")
    func undefined() {
        let found = minimise(from: [4.0], in: [-10.0...10.0]) { point, gradient in
            gradient = [1 - 1 / point[0]]
            return point[0] - log(point[0])
        }
        #expect(found.converged && abs(found.point[0] - 1) < 1e-7)
    }

    @Test("a start where the function is not finite is reported, not followed")
    func notFinite() {
        let found = minimise(from: [0.0], in: [-1.0...1.0]) { _, gradient in
            gradient = [.nan]
            return .nan
        }
        #expect(!found.converged && found.evaluations == 1)
        #expect(found.message == "the function is not finite at the start")
    }

    @Test("the curvature of a similar function leaves a few evaluations")
    func warmStart() {
        let first = minimise(from: [-1.2, 1], in: plane, rosenbrock)
        let second = minimise(
            from: [first.point[0] + 1e-3, first.point[1] + 2e-3],
            in: plane,
            inverseHessian: first.inverseHessian,
            rosenbrock
        )
        #expect(second.converged && second.evaluations < 10)
    }

    @Test("the limit on iterations ends it, without a claim to have converged")
    func limit() {
        var limits = MinimisationLimits()
        limits.iterationsMax = 3
        let found = minimise(from: [-1.2, 1], in: plane, limits: limits, rosenbrock)
        #expect(!found.converged && found.iterations == 3)
        #expect(found.message == "stopped after 3 iterations")
    }

    @Test("an error of the function ends it")
    func failure() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            try minimise(from: [1.0], in: [0.0...2.0]) { (_, _) throws(Stop) in throw Stop() }
        }
    }

    @Test("ten dimensions of very different scale are no obstacle")
    func scales() {
        let weights = (0..<10).map { pow(10, Double($0) - 4) }
        let box = [ClosedRange<Double>](repeating: -50...50, count: 10)
        let found = minimise(from: [Double](repeating: 3, count: 10), in: box) { point, gradient in
            gradient = zip(weights, point).map { 2 * $0 * ($1 - 1) }
            return zip(weights, point).reduce(0) { $0 + $1.0 * ($1.1 - 1) * ($1.1 - 1) }
        }
        #expect(found.converged)
        #expect(found.point.allSatisfy { abs($0 - 1) < 1e-3 })
    }
}
