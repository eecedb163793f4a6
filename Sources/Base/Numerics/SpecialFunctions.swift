import Glibc

/// ln of the gamma function of a positive number.
///
/// Edge cases: infinity at 0 and at infinity. `lgamma` itself writes a global variable, so the
/// re-entrant form is used.
package func logGamma(_ x: Double) -> Double {
    var sign: Int32 = 0
    return unsafe lgamma_r(x, &sign)
}

/// ln of the beta function of two positive numbers.
package func logBeta(_ a: Double, _ b: Double) -> Double {
    logGamma(a) + logGamma(b) - logGamma(a + b)
}

/// The derivative of `logGamma`, for positive x.
///
/// The recurrence (Abramowitz & Stegun 6.3.5) up to 10, then the asymptotic series (6.3.18), whose
/// first term left out is below 1e-17 there. Edge cases: -infinity at 0, infinity at infinity.
package func digamma(_ x: Double) -> Double {
    guard x > 0 else { return x == 0 ? -.infinity : .nan }
    var shifted = x
    var sum = 0.0
    while shifted < 10 {
        sum -= 1 / shifted
        shifted += 1
    }
    let inverse = 1 / shifted
    let square = inverse * inverse
    // The Bernoulli numbers B(2n) / 2n.
    let coefficients: [8 of Double] = [
        1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32_760, 1 / 12, -3617 / 8160,
    ]
    var series = 0.0
    for index in coefficients.indices.reversed() {
        series = (series + coefficients[index]) * square
    }
    return sum + log(shifted) - inverse / 2 - series
}
