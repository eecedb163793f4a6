import Glibc

/// What purchases within a horizon are worth today, each discounted from its own day.
///
/// With E(t) expected by day t and the continuous rate d = ln(1 + annual rate) / 365, the present
/// value is the integral of e^(-d t) dE(t) = e^(-d h) E(h) + d times the integral of e^(-d t) E(t),
/// the latter by Gauss and Legendre's rule with five points for five
/// years: exact enough, as d is small and E smooth.
package struct Discounting: Sendable {
    private let rate: Double
    private let days: Double

    private static let rule: [(node: Double, weight: Double)] = [
        (0, 128.0 / 225), (-0.538469310105683, 0.478628670499366),
        (0.538469310105683, 0.478628670499366), (-0.906179845938664, 0.236926885056189),
        (0.906179845938664, 0.236926885056189),
    ]

    package init(_ horizon: Horizon) {
        days = Double(horizon.days)
        rate = log1p(horizon.annualDiscountRate) / 365
    }

    /// What money on a day is worth today.
    package func factor(afterDays days: Int) -> Double { exp(-rate * Double(days)) }

    /// The present value, from E(h) and E(t) by the time t in days; that is not asked for without discount.
    package func presentValue(atEnd end: Double, _ expected: (Double) -> Double) -> Double {
        guard rate != 0 else { return end }
        let parts = max(1, (days / 1825).rounded(.up))
        let width = days / parts
        var integral = 0.0
        for part in 0..<Int(parts) {
            for (node, weight) in Discounting.rule {
                let time = width * (Double(part) + (1 + node) / 2)
                integral += weight * exp(-rate * time) * expected(time)
            }
        }
        return exp(-rate * days) * end + rate * integral * width / 2
    }
}
