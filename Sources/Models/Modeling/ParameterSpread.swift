package import Domain
package import Parallel

/// How far totals move with the parameters, which all customers share.
///
/// Found on some of the customers.
package struct ParameterSpread: Sendable {
    /// By group: the relative variance over draws of the parameters.
    package private(set) var purchases: [TotalGroup: Double] = [:]
    package private(set) var spend: [TotalGroup: Double] = [:]

    private static let sampleSize = 512

    /// `sample` is that of `sample(of:)`.
    package init(
        _ draws: [ParameterDraw],
        _ sample: CustomerSummaries,
        over horizon: Horizon,
        isCoarse: Bool = false,
        _ team: ThreadTeam
    ) {
        let grid = FrequencyAgeGrid(sample, isCoarse: isCoarse)
        let customers = 0..<sample.count
        let sums = draws.map { draw in
            let expected = PurchaseForecaster(draw.purchases, for: grid, over: horizon, team)
                .forecast(customers, of: sample).expectedPurchases
            let average = draw.spend?.averageSpend(customers, of: sample)
            var sums: [TotalGroup: SIMD2<Double>] = [:]
            for row in customers {
                let part = SIMD2(expected[row], expected[row] * (average?[row] ?? 0))
                sums[sample.repeats[row] > 0 ? .repeater : .oneTimer, default: SIMD2()] += part
                sums[.all, default: SIMD2()] += part
            }
            return sums
        }
        for group in [TotalGroup.repeater, .oneTimer, .all] {
            let parts = sums.map { $0[group] ?? SIMD2() }
            purchases[group] = relativeVariance(parts.map(\.x))
            spend[group] = relativeVariance(parts.map(\.y))
        }
    }

    /// Customers at even distances.
    package static func sample(of summaries: CustomerSummaries) -> CustomerSummaries {
        let count = min(summaries.count, sampleSize)
        let chosen = (0..<count).map { $0 * summaries.count / count }
        return CustomerSummaries(
            repeats: chosen.map { summaries.repeats[$0] },
            recency: chosen.map { summaries.recency[$0] },
            age: chosen.map { summaries.age[$0] },
            meanSpend: chosen.map { summaries.meanSpend[$0] },
            historicSpend: summaries.hasAmounts ? chosen.map { summaries.historicSpend[$0] } : []
        )
    }
}

private func relativeVariance(_ values: [Double]) -> Double {
    let mean = values.reduce(0, +) / Double(values.count)
    guard mean > 0 else { return 0 }
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        / (mean * mean)
}
