import Glibc

/// Where a minimiser ended, and how sure it is.
package struct Minimum: Sendable {
    package var point: [Double]
    package var value: Double
    package var gradient: [Double]
    /// An approximation of the inverse of the second derivatives, row by row.
    package var inverseHessian: [Double]
    package var iterations = 0
    package var evaluations = 1
    package var converged = false
    /// Why it ended, for people.
    package var message = ""
    /// Coordinates that lie on a bound which the function pushes against.
    package var atBound: [Bool]

    /// The largest component of the gradient that is free to change.
    package var gradientNorm: Double {
        zip(gradient, atBound).map { $1 ? 0 : abs($0) }.max() ?? 0
    }
}

/// When a minimiser stops.
package struct MinimisationLimits: Sendable {
    /// Of the largest component.
    package var gradientTolerance = 1e-9
    /// Of the descent that the curvature promises; never below what rounding lets one see.
    package var descentTolerance = 0.0
    package var iterationsMax = 500

    package init() {}
}

/// Finds a local minimum of a smooth function inside a box, by BFGS.
///
/// Nocedal & Wright 2006, algorithm 6.1, with the line search of Lewis & Overton 2013 (weak Wolfe
/// conditions by bracketing). Steps that leave the box are cut coordinate by coordinate, and a
/// coordinate whose gradient pushes it out of the box rests there. A value that is not finite counts
/// as infinitely high, so the function may be undefined in places, but not at the start.
///
/// `function` gives the value at a point and stores the gradient in its second argument.
/// `inverseHessian` is that of a similar function at a similar point; the identity when left out.
package func minimise<Failure: Error>(
    from start: [Double],
    in box: [ClosedRange<Double>],
    inverseHessian: [Double]? = nil,
    limits: MinimisationLimits = MinimisationLimits(),
    _ function: (_ point: [Double], _ gradient: inout [Double]) throws(Failure) -> Double
) throws(Failure) -> Minimum {
    precondition(start.count == box.count)
    let point = zip(start, box).map { min(max($0, $1.lowerBound), $1.upperBound) }
    var gradient = point
    let value = try function(point, &gradient)
    var state = Minimum(
        point: point,
        value: value,
        gradient: gradient,
        inverseHessian: inverseHessian ?? scaledIdentity(gradient),
        atBound: pushedBounds(point, gradient, box)
    )
    guard value.isFinite, gradient.allSatisfy(\.isFinite) else {
        state.message = "the function is not finite at the start"
        return state
    }
    var fresh = inverseHessian == nil
    while state.iterations < limits.iterationsMax {
        if state.gradientNorm <= limits.gradientTolerance {
            state.converged = true
            state.message = "the gradient vanishes"
            return state
        }
        let promised = -dot(state.gradient, descent(state))
        if !fresh, promised <= max(limits.descentTolerance, resolution(state.value)) {
            state.converged = true
            state.message = "no descent is left that counts"
            return state
        }
        let before = state
        if try search(&state, in: box, function) {
            update(&state, from: before, rescale: fresh)
            fresh = false
        } else if fresh {
            // Rounding noise hides any further descent; near the optimum that is as good as it gets.
            state.converged = state.gradientNorm <= 1e3 * limits.gradientTolerance
            state.message = "no step descends any further"
            return state
        } else {
            state.inverseHessian = scaledIdentity(state.gradient)
            fresh = true
        }
        state.iterations += 1
    }
    state.message = "stopped after \(state.iterations) iterations"
    return state
}

/// Moves along the quasi-Newton direction to a point that satisfies the weak Wolfe conditions.
///
/// False when no lower point is found. At a bound the curvature condition is given up: the step
/// cannot grow there.
private func search<Failure: Error>(
    _ state: inout Minimum,
    in box: [ClosedRange<Double>],
    _ function: (_ point: [Double], _ gradient: inout [Double]) throws(Failure) -> Double
) throws(Failure) -> Bool {
    let start = state
    let direction = descent(start)
    var low = (step: 0.0, value: start.value, slope: dot(start.gradient, direction))
    guard low.slope < 0 else { return false }
    let decrease = 1e-4 * low.slope
    var (high, step) = (Double.infinity, 1.0)
    for _ in 0..<40 {
        var point = start.point
        var isCut = false
        for i in point.indices {
            let free = point[i] + step * direction[i]
            point[i] = min(max(free, box[i].lowerBound), box[i].upperBound)
            isCut = isCut || point[i] != free
        }
        guard point != start.point else { return false }
        var gradient = start.gradient
        let value = try function(point, &gradient)
        state.evaluations += 1
        let isFinite = value.isFinite && gradient.allSatisfy(\.isFinite)
        // Rounding of the value itself must not turn a good step away.
        if !isFinite || value > start.value + decrease * step + resolution(start.value) {
            high = step
            // Where the parabola through the low end has its minimum.
            let excess = value - low.value - low.slope * (high - low.step)
            let share = isFinite ? -low.slope * (high - low.step) / (2 * excess) : 0
            step = low.step + min(max(share, 0.1), 0.6) * (high - low.step)
            continue
        }
        let slope = dot(gradient, direction)
        state.point = point
        state.value = value
        state.gradient = gradient
        state.atBound = pushedBounds(point, gradient, box)
        if isCut || slope >= 0.9 * dot(start.gradient, direction) { return true }
        low = (step, value, slope)
        step = high.isFinite ? (step + high) / 2 : 2 * step
    }
    return state.point != start.point
}

/// How far a value can be off by rounding.
private func resolution(_ value: Double) -> Double { 8 * max(1, abs(value)) * Double.ulpOfOne }

/// The quasi-Newton direction, with resting coordinates left where they are.
///
/// Cut to two units in its largest component: the curvature says little farther away.
private func descent(_ state: Minimum) -> [Double] {
    let n = state.point.count
    let direction: [Double] = (0..<n).map { row in
        guard !state.atBound[row] else { return 0 }
        var sum = 0.0
        for column in 0..<n where !state.atBound[column] {
            sum -= state.inverseHessian[row * n + column] * state.gradient[column]
        }
        return sum
    }
    let longest = direction.reduce(0) { max($0, abs($1)) }
    return longest > 2 ? direction.map { $0 * 2 / longest } : direction
}

/// The BFGS update of the inverse Hessian (Nocedal & Wright 6.17), skipped without curvature.
private func update(_ state: inout Minimum, from before: Minimum, rescale: Bool) {
    let n = state.point.count
    // A coordinate that rests on a bound takes no part.
    let isFree = (0..<n).map { !state.atBound[$0] && !before.atBound[$0] }
    let step = (0..<n).map { isFree[$0] ? state.point[$0] - before.point[$0] : 0 }
    let change = (0..<n).map { isFree[$0] ? state.gradient[$0] - before.gradient[$0] : 0 }
    let curvature = dot(step, change)
    guard curvature > 1e-12 * (dot(step, step) * dot(change, change)).squareRoot() else { return }
    if rescale {
        let scale = curvature / dot(change, change)
        state.inverseHessian = identity(n, scale: scale)
    }
    let transformed = (0..<n).map { row in
        (0..<n).reduce(0.0) { $0 + state.inverseHessian[row * n + $1] * change[$1] }
    }
    let factor = (1 + dot(change, transformed) / curvature) / curvature
    for row in 0..<n {
        for column in 0..<n {
            state.inverseHessian[row * n + column] +=
                factor * step[row] * step[column]
                - (step[row] * transformed[column] + transformed[row] * step[column]) / curvature
        }
    }
}

private func pushedBounds(
    _ point: [Double],
    _ gradient: [Double],
    _ box: [ClosedRange<Double>]
) -> [Bool] {
    point.indices.map {
        point[$0] <= box[$0].lowerBound && gradient[$0] > 0
            || point[$0] >= box[$0].upperBound && gradient[$0] < 0
    }
}

/// A first step of about one half, whatever the scale of the function.
private func scaledIdentity(_ gradient: [Double]) -> [Double] {
    let norm = dot(gradient, gradient).squareRoot()
    return identity(gradient.count, scale: norm > 0 && norm.isFinite ? 0.5 / norm : 1)
}

private func identity(_ n: Int, scale: Double) -> [Double] {
    (0..<n * n).map { $0 % (n + 1) == 0 ? scale : 0 }
}

private func dot(_ one: [Double], _ other: [Double]) -> Double {
    zip(one, other).reduce(0) { $0 + $1.0 * $1.1 }
}
