import Domain
import Evaluation
import Features
import Glibc
import JSONCoding
import Modeling
import Testing
import Training

@Suite("one-timers on earlier dates", .timeLimit(.minutes(2)))
struct ReturnScoreTests {
    @Test("a model that knows what makes one-timers return wins")
    func wins() throws {
        let found = try compare(World(customers: 2500, seed: 51, spendMatters: true))
        #expect(found.isBetter, "\(found)")
        #expect(found.sentence.hasPrefix("cox: it told returns better than bg_nbd on 5 earlier"))
        #expect(found.origins.count == 5 && found.origins.allSatisfy { $0.returns > 20 })
        #expect(
            try JSONCoding.decode(ReturnComparison.self, from: JSONCoding.encode(found)) == found
        )
    }

    @Test("it does not win by chance where purchases are as the purchase model has them")
    func chance() throws {
        let won = try (61...64).filter {
            try compare(World(customers: 1200, seed: UInt64($0))).isBetter
        }
        #expect(won.isEmpty, "seeds \(won)")
        let found = try compare(World(customers: 1200, seed: 65))
        #expect(
            found.sentence.hasPrefix("bg_nbd: cox was not surely better on 5 earlier dates (log")
        )
    }

    @Test("it takes two dates, three of four wins, returns, and more than two standard errors")
    func rule() {
        func compared(
            _ gains: [Double],
            error: Double = 0.01,
            returns: Int = 30
        ) -> ReturnComparison {
            ReturnComparison(
                model: "cox",
                purchaseModel: "bg_nbd",
                horizonDays: 30,
                origins: gains.map {
                    .init(day: World.first, oneTimers: 100, returns: returns, gain: $0)
                },
                gain: gains.reduce(0, +) / Double(max(1, gains.count)),
                standardError: error
            )
        }
        func comparison(_ gains: [Double], error: Double = 0.01, returns: Int = 30) -> Bool {
            compared(gains, error: error, returns: returns).isBetter
        }
        #expect(comparison([0.03, 0.03, 0.03, 0.03]))
        #expect(comparison([0.05, 0.05, 0.05, -0.03]))
        #expect(!comparison([0.08, 0.08, -0.01, -0.01]))
        #expect(!comparison([0.03]))
        #expect(!comparison([0.03, 0.03], error: 0.016))
        #expect(!comparison([0.03, 0.03], returns: 20))
        #expect(!comparison([]))
        #expect(
            compared([0.08, 0.08, -0.01, -0.01]).sentence
                == "bg_nbd: cox was better on 2 of 4 earlier dates only (log score +0.0350 +- 0.0100)"
        )
        #expect(compared([0.03], returns: 60).sentence.hasSuffix(", and one is too few"))
        #expect(
            compared([0.03, 0.03], returns: 20).sentence.hasSuffix(
                ", but so few as 40 one-timers returned"
            )
        )
    }

    private func compare(_ world: World) throws -> ReturnComparison {
        let ledger = world.ledger
        var scores = ReturnScores(horizonDays: 60)
        for origin in PastOrigin.all(of: ledger, horizonsDays: [60, 30]) {
            let summaries = Features.summarise(
                origin.known,
                withFirstPurchases: true,
                control.team
            )
            let models = try Training.fit(
                ["bg_nbd", "cox"],
                of: families,
                to: summaries,
                control
            ) { _, _ in }.models
            try scores.add(origin, models, of: families, for: summaries, control)
        }
        return scores.comparison(of: "cox", with: "bg_nbd")
    }
}
