import ControlAPI
import Domain
import Glibc
import Numerics
import TestSupport
import Testing
import WorkerContract

private let isLongTier = unsafe getenv("CLVD_LONG_TESTS") != nil

/// The long tier: everything is killed everywhere, again and again.
@Suite(
    hasPostgres,
    .enabled(if: isLongTier, "the long tier is chosen by CLVD_LONG_TESTS=1"),
    .timeLimit(.minutes(60))
) struct ChaosTests {
    private static let shop = Result { try Shop(customers: 5000) }
    private static let repetitions = 5
    private static let randomKills = 30

    @Test(
        "whatever is killed at whichever step, every run ends once and well",
        arguments: Victim.allCases
    )
    func steps(victim: Victim) async throws {
        try await apart {
            let ground = try Ground(shop: ChaosTests.shop.get())
            for _ in 0..<ChaosTests.repetitions {
                for stage in Stage.allCases { try ground.kill(victim, at: stage) }
            }
            try ground.close()
            print("chaos: \(victim) \(ground.tally)")
        }
    }

    @Test("whatever is killed at any instant, every run ends once and well")
    func anywhere() async throws {
        try await apart {
            let seed = UInt64.random(in: 0 ... .max)
            var random = RandomSource(seed: seed)
            let ground = try Ground(shop: ChaosTests.shop.get())
            for _ in 0..<ChaosTests.randomKills {
                let victim = Victim.allCases.randomElement(using: &random) ?? .worker
                try ground.kill(victim, after: Double.random(in: 0..<1, using: &random))
            }
            try ground.close()
            print("chaos: any instant, seed \(seed), \(ground.tally)")
        }
    }
}
