import Glibc

/// Random draws from a stated seed: the same seed gives the same draws on every machine.
///
/// xoshiro256++ (Blackman & Vigna 2021), its state filled by SplitMix64.
package struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mixer = seed
        func mix() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var z = mixer
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (mix(), mix(), mix(), mix())
    }

    package mutating func next() -> UInt64 {
        let sum = state.0 &+ state.3
        let result = ((sum << 23) | (sum >> 41)) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }

    /// Uniform in (0, 1), both ends left out.
    package mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

    package mutating func exponential(rate: Double) -> Double { -log(uniform()) / rate }

    /// Mean 0, deviation 1: Box & Muller 1958, the second draw left.
    package mutating func normal() -> Double {
        (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform())
    }

    /// Mean `shape` / `rate`: Marsaglia & Tsang 2000, with their boost for shapes below 1.
    package mutating func gamma(shape: Double, rate: Double) -> Double {
        guard shape >= 1 else {
            return gamma(shape: shape + 1, rate: rate) * pow(uniform(), 1 / shape)
        }
        let d = shape - 1 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let z = normal()
            let v = (1 + c * z) * (1 + c * z) * (1 + c * z)
            if v > 0, log(uniform()) < z * z / 2 + d - d * v + d * log(v) { return d * v / rate }
        }
    }

    /// Mean a / (a + b).
    package mutating func beta(_ a: Double, _ b: Double) -> Double {
        let one = gamma(shape: a, rate: 1)
        let other = gamma(shape: b, rate: 1)
        return one / (one + other)
    }

    /// Arrivals by inversion of small means; large ones are first split at a gamma-distributed
    /// arrival (Ahrens & Dieter 1974).
    package mutating func poisson(mean: Double) -> Int {
        var mean = mean
        var count = 0
        while mean > 16 {
            let step = Int(mean * 0.875)
            let arrival = gamma(shape: Double(step), rate: 1)
            guard arrival <= mean else {
                return count + binomial(step - 1, probability: mean / arrival)
            }
            count += step
            mean -= arrival
        }
        var product = uniform()
        let limit = exp(-mean)
        while product > limit {
            product *= uniform()
            count += 1
        }
        return count
    }

    /// Successes of `trials` trials, by splitting at a median order statistic (Devroye 1986, X.4.4).
    package mutating func binomial(_ trials: Int, probability: Double) -> Int {
        var trials = trials
        var probability = probability
        var count = 0
        while trials > 16 {
            let middle = trials / 2 + 1
            let split = beta(Double(middle), Double(trials + 1 - middle))
            if split <= probability {
                count += middle
                trials -= middle
                probability = min(1, (probability - split) / (1 - split))
            } else {
                trials = middle - 1
                probability = min(1, probability / split)
            }
        }
        for _ in 0..<trials where uniform() < probability { count += 1 }
        return count
    }
}
