import Domain
import Evaluation
import Features
import Modeling
import Testing
import Training

@Suite("drift", .timeLimit(.minutes(2)))
struct DriftTests {
    private static let names = ["bg_nbd", "gamma_gamma"]

    /// Fitted 100 days before the end of a world of 500; what is kept of each later purchase day says how
    /// many come, and `raise` what they cost.
    private func drift(
        seed: UInt64,
        keeps: (Int) -> Bool = { _ in true },
        raise: Double = 1
    ) throws -> Drift? {
        let whole = World(customers: 4000, seed: seed).ledger
        let fitted = whole.asOf - 100
        let ledger = whole.changed(after: fitted, keeps: keeps, raise: raise)
        let origin = PastOrigin(ledger, fitted, upTo: ledger.asOf)
        let summaries = Features.summarise(origin.known, control.team)
        let models = try Training.fit(
            DriftTests.names,
            of: families,
            to: summaries,
            priors: .weak,
            control
        ) { _, _ in }.models
        return try Evaluation.drift(
            of: "v000001",
            since: origin,
            models,
            of: families,
            for: summaries,
            noise: DriftNoise(PastTotals(), known: origin.known, days: 100),
            control
        )
    }

    @Test("customers who go on as before do not drift", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func none(seed: UInt64) throws {
        let drift = try #require(try drift(seed: seed))
        #expect(drift.deviations < 2, "seed \(seed): \(drift.sentence)")
        #expect(drift.sinceFit.horizonDays == 100)
    }

    @Test("half the purchases, and twice the amounts, are beyond the limit")
    func found() throws {
        let fewer = try #require(try drift(seed: 7, keeps: { $0 % 2 == 0 }))
        #expect(fewer.deviations > Drift.usualLimit)
        #expect(fewer.sinceFit.purchases.actual < 0.6 * fewer.sinceFit.purchases.expected)
        let dearer = try #require(try drift(seed: 7, raise: 2))
        #expect(dearer.deviations > Drift.usualLimit)
        #expect(abs(dearer.sinceFit.purchases.bias ?? 1) < 0.1)
        let none = try #require(try drift(seed: 7, keeps: { _ in false }))
        #expect(none.deviations > fewer.deviations && none.deviations.isFinite)
    }

    @Test("its sentence")
    func sentence() {
        func total(_ expected: Double, _ actual: Double) -> PastTotal.Comparison {
            .init(expected: expected, actual: actual, chance: 0.01)
        }
        func text(_ spend: PastTotal.Comparison?) -> String {
            let total = PastTotal(
                origin: Day(number: 20_000),
                horizonDays: 28,
                customers: 10,
                purchases: total(100, 103),
                spend: spend
            )
            return Drift(version: "v000001", sinceFit: total, deviations: 0.94).sentence
        }
        #expect(
            text(total(200, 176))
                == "in 28 days since the fit came 3 % more purchases and 12 % less spend than "
                + "forecast, 0.9 deviations"
        )
        #expect(
            text(nil)
                == "in 28 days since the fit came 3 % more purchases than forecast, 0.9 deviations"
        )
    }
}

extension Ledger {
    /// Every later purchase day has a number; those that are not kept never were.
    fileprivate func changed(after fitted: Day, keeps: (Int) -> Bool, raise: Double) -> Ledger {
        var (offsets, days, amounts): ([UInt32], [Int32], [Double]) = ([0], [], [])
        var later = 0
        for customer in 0..<customerCount {
            for index in Int(self.offsets[customer])..<Int(self.offsets[customer + 1]) {
                let isLater = day[index] > fitted.number
                if isLater { later += 1 }
                // The first day of each stays, so that the customers are the same.
                let isFirst = index == Int(self.offsets[customer])
                guard !isLater || isFirst || keeps(later) else { continue }
                days.append(day[index])
                amounts.append((amount?[index] ?? 0) * (isLater ? raise : 1))
            }
            offsets.append(UInt32(days.count))
        }
        return Ledger(
            customers: customers,
            offsets: offsets,
            day: days,
            amount: amounts,
            asOf: asOf
        )
    }
}
