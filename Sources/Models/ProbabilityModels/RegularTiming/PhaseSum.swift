/// The weights of the phases since the last purchase: w_j = R (R + 1) ...
///
/// (R + j - 1) u^j / j!.
///
/// R is the shape of the rate and u the share of the scale alpha + T that passed since the last
/// purchase. Phase j means that j events have happened since, none of them the k-th, the purchase.
struct PhaseSum {
    /// The sum of the weights for j below k, and its derivatives by R and u.
    private(set) var value = 1.0
    private(set) var byShape = 0.0
    private(set) var byIdle = 0.0

    @inline(__always)
    init(shape: Double, idle: Double, regularity: Int) {
        var (weight, weightByShape, weightByIdle) = (1.0, 0.0, 0.0)
        for phase in 1..<max(1, regularity) {
            let factor = (shape + Double(phase - 1)) / Double(phase)
            weightByShape = (weightByShape * factor + weight / Double(phase)) * idle
            weightByIdle = (weightByIdle * idle + weight) * factor
            weight *= factor * idle
            value += weight
            byShape += weightByShape
            byIdle += weightByIdle
        }
    }
}
