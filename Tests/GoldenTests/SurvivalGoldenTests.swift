import Domain
import Features
import Glibc
import Parallel
import SurvivalModels
import TestSupport
import Testing

@Suite("Cox regression on real data", .enabled(if: CDNOW.isHere, "\(CDNOW.absent)"))
struct SurvivalGoldenTests {
    @Test("released prisoners have the known likelihood, coefficients, errors and concordance")
    func rossi() throws {
        let lines = CDNOW.lines(of: (CDNOW.folder ?? "") + "/rossi.csv")
        let names = lines[0].split(separator: ",").map(String.init)
        let cells = lines.dropFirst().map { $0.split(separator: ",").map { Double($0) ?? .nan } }
        #expect(names.prefix(2) == ["week", "arrest"] && cells.count == 432)
        let table = SurvivalTable(
            times: cells.map { Int32($0[0]) },
            hasEvent: cells.map { $0[1] == 1 },
            Covariates(
                numbers: (2..<names.count).map { column in
                    .init(names[column], cells.map { $0[column] })
                }
            )
        )
        #expect(table.eventCount == 114)
        let fit = try CoxRegression(table, control())
        #expect(fit.converged)
        #expect(abs(fit.logLikelihood - -658.747659) < 1e-6)
        #expect(abs(fit.concordance - 0.6403) < 5e-5)
        #expect(fit.names == ["fin", "age", "race", "wexp", "mar", "paro", "prio"])
        let coefficients = [
            -0.379422, -0.057438, 0.313900, -0.149796, -0.433704, -0.084871, 0.091497,
        ]
        let errors = [0.191379, 0.021999, 0.307993, 0.212224, 0.381868, 0.195757, 0.028649]
        for index in coefficients.indices {
            #expect(abs(fit.coefficients[index] - coefficients[index]) < 1e-6, "\(index)")
            #expect(abs(fit.standardErrors[index] - errors[index]) < 1e-6, "\(index)")
        }
    }

    @Test("the second purchase of the CDNOW sample has the known likelihood and baseline")
    func secondPurchase() throws {
        let ledger = CDNOW.ledger(DataSet.sample.file, asOf: DataSet.sample.asOf)
        let amount = try #require(ledger.amount)
        let first = ledger.offsets.dropLast().map(Int.init)
        let hasEvent = (0..<ledger.customerCount).map { customer in
            ledger.offsets[customer + 1] - ledger.offsets[customer] > 1
        }
        let days = first.indices.map { customer in
            let end = hasEvent[customer] ? ledger.day[first[customer] + 1] : ledger.asOf.number
            return end - ledger.day[first[customer]]
        }
        let start = try #require(Day("1997-01-01")).number
        let table = SurvivalTable(
            times: days,
            hasEvent: hasEvent,
            Covariates(numbers: [
                .init("log_first_spend", first.map { log1p(amount[$0]) }),
                .init("week", first.map { Double((ledger.day[$0] - start) / 7) }),
            ])
        )
        #expect(table.count == 2357 && table.eventCount == 946)
        let fit = try CoxRegression(table, control())
        #expect(abs(fit.logLikelihood - -7079.154201) < 1e-6)
        #expect(abs(fit.concordance - 0.559614) < 1e-6)
        #expect(abs(fit.coefficients[0] - 0.276414) < 1e-6)
        #expect(abs(fit.coefficients[1] - 0.001820) < 1e-6)
        #expect(abs(fit.standardErrors[0] - 0.045348) < 1e-6)
        #expect(abs(fit.standardErrors[1] - 0.009886) < 1e-6)
        let survival = [0.835044, 0.711105, 0.625174, 0.582244]
        for (week, published) in zip([4.0, 13, 26, 38], survival) {
            #expect(abs(exp(-fit.baseline.cumulativeHazard(at: 7 * week)) - published) < 1e-6)
        }
        let alone = try CoxRegression(table, control(threads: 1))
        #expect(
            alone.coefficients == fit.coefficients && alone.baseline.atRisk == fit.baseline.atRisk
        )
    }
}
