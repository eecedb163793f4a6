package import Domain
import Glibc
package import Parallel

/// Turns a ledger into one line per customer.
package enum Features {
    /// The summary of DESIGN section 12, each column in parallel.
    package static func summarise(
        _ ledger: Ledger,
        withFirstPurchases: Bool = false,
        _ team: ThreadTeam
    ) -> CustomerSummaries {
        let count = ledger.customerCount
        let (offsets, day, asOf) = (ledger.offsets, ledger.day, ledger.asOf.number)
        return CustomerSummaries(
            repeats: team.column(count) { Int32(offsets[$0 + 1] - offsets[$0]) - 1 },
            recency: team.column(count) {
                day[Int(offsets[$0 + 1]) - 1] - day[Int(offsets[$0])]
            },
            age: team.column(count) { asOf - day[Int(offsets[$0])] },
            meanSpend: meanSpend(ledger, team),
            historicSpend: historicSpend(ledger, team),
            totalLogGap: totalLogGap(ledger, team) { Double($1 - $0) },
            asOf: ledger.asOf,
            firstPurchases: withFirstPurchases ? firstPurchases(ledger, team) : nil
        )
    }

    /// How each customer began, which some models learn from.
    package static func firstPurchases(_ ledger: Ledger, _ team: ThreadTeam) -> FirstPurchases {
        let (count, offsets, day) = (ledger.customerCount, ledger.offsets, ledger.day)
        let gap = team.column(count) { customer in
            let first = Int(offsets[customer])
            return first + 1 < Int(offsets[customer + 1]) ? day[first + 1] - day[first] : 0
        }
        var spend: [Double] = []
        if let amount = ledger.amount { spend = team.column(count) { amount[Int(offsets[$0])] } }
        return FirstPurchases(gap: gap, spend: spend, groups: ledger.firstGroups)
    }

    /// Logarithms are taken of products of gaps, as many as fit, rather than of each.
    static func totalLogGap(
        _ ledger: Ledger,
        _ team: ThreadTeam,
        _ time: @escaping @Sendable (_ day: Int32, _ later: Int32) -> Double
    ) -> Double {
        let (offsets, day) = (ledger.offsets, ledger.day)
        let sums = team.sum(over: ledger.customerCount) { customers in
            var (sum, product) = (0.0, 1.0)
            for customer in customers {
                let days = Int(offsets[customer])..<Int(offsets[customer + 1])
                for index in days.dropFirst() {
                    product *= time(day[index - 1], day[index])
                    guard product > 1e290 || product < 1e-290 else { continue }
                    sum += log(product)
                    product = 1
                }
            }
            return [sum + log(product), 0, 0, 0, 0, 0, 0, 0]
        }
        return sums[0]
    }

    private static func meanSpend(_ ledger: Ledger, _ team: ThreadTeam) -> [Double] {
        let (count, offsets) = (ledger.customerCount, ledger.offsets)
        guard let amount = ledger.amount else { return Array(repeating: .nan, count: count) }
        return team.column(count) {
            let repeats = Int(offsets[$0]) + 1..<Int(offsets[$0 + 1])
            return repeats.isEmpty ? .nan : total(amount, repeats) / Double(repeats.count)
        }
    }

    private static func historicSpend(_ ledger: Ledger, _ team: ThreadTeam) -> [Double] {
        let offsets = ledger.offsets
        guard let amount = ledger.amount else { return [] }
        return team.column(ledger.customerCount) {
            total(amount, Int(offsets[$0])..<Int(offsets[$0 + 1]))
        }
    }

    @inline(__always)
    private static func total(_ amount: [Double], _ days: Range<Int>) -> Double {
        var sum = 0.0
        for index in days { sum += amount[index] }
        return sum
    }
}
