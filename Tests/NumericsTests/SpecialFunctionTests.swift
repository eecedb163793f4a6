import Glibc
import Numerics
import Testing

@Suite struct SpecialFunctionTests {
    @Test(
        "digamma has its tabulated values (Abramowitz & Stegun, table 6.1 and 6.3.3)",
        arguments: [
            (1, -0.577_215_664_901_532_9), (0.5, -1.963_510_026_021_423_5),
            (2, 0.422_784_335_098_467_1), (10, 2.251_752_589_066_721),
            (1e-3, -1000.575_571_931_8103),
            (1e6, 13.815_510_057_964_19),
        ]
    )
    func digammaValues(x: Double, value: Double) {
        #expect(abs(digamma(x) - value) <= 2e-15 * max(1, abs(value)))
    }

    @Test("digamma rises by 1 / x from x to x + 1")
    func digammaRecurrence() {
        let arguments = (1..<2000).map { Double($0) * 0.0137 }
        #expect(
            arguments.allSatisfy {
                abs(digamma($0 + 1) - digamma($0) - 1 / $0) < 1e-14 * max(1, 1 / $0)
            }
        )
    }

    @Test("digamma is the slope of logGamma")
    func digammaIsASlope() {
        for x in [0.01, 0.3, 1, 7, 9.99, 10.01, 350] {
            let step = 1e-5 * x
            let slope = (logGamma(x + step) - logGamma(x - step)) / (2 * step)
            #expect(abs(slope - digamma(x)) < 1e-7 * max(1, abs(slope)))
        }
    }

    @Test("the edges are what the documentation says")
    func edges() {
        #expect(digamma(0) == -.infinity)
        #expect(digamma(-1).isNaN)
        #expect(digamma(.infinity) == .infinity)
        #expect(logGamma(0) == .infinity)
        #expect(logGamma(.infinity) == .infinity)
    }

    @Test("logBeta has its known values")
    func logBetaValues() {
        #expect(abs(logBeta(1, 1)) < 1e-15)
        #expect(abs(logBeta(0.5, 0.5) - log(Double.pi)) < 1e-14)
        #expect(abs(logBeta(3, 4) + log(60.0)) < 1e-13)
    }
}
