import Domain
import Glibc
import Modeling
import Numerics
import Parallel

func control(threads: Int = 2) -> WorkControl {
    WorkControl(team: ThreadTeam(threads: threads), isCancelled: { false }, clock: { 0 })
}

/// Customers of a BG/NBD world, in days so fine that rounding to whole ones does not matter.
func simulatePurchases(
    _ customers: Int,
    r: Double,
    alphaDays: Double,
    a: Double,
    b: Double,
    ageMax: Int,
    seed: UInt64
) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    var summaries = CustomerSummaries(
        repeats: [],
        recency: [],
        age: [],
        meanSpend: [],
        historicSpend: []
    )
    for _ in 0..<customers {
        let age = Double(ageMax) * (0.3 + 0.7 * random.uniform())
        let rate = random.gamma(shape: r, rate: alphaDays)
        let dropOut = random.beta(a, b)
        var (repeats, last): (Int32, Double) = (0, 0)
        while true {
            let next = last + random.exponential(rate: rate)
            guard next <= age else { break }
            last = next
            repeats += 1
            if random.uniform() < dropOut { break }
        }
        summaries.repeats.append(repeats)
        summaries.recency.append(Int32(last))
        summaries.age.append(Int32(age))
        summaries.meanSpend.append(.nan)
    }
    return summaries
}

/// Customers with one to eight repeats of a gamma-gamma world.
func simulateSpend(
    _ customers: Int,
    p: Double,
    q: Double,
    v: Double,
    seed: UInt64
) -> CustomerSummaries {
    var random = RandomSource(seed: seed)
    var (repeats, means): ([Int32], [Double]) = ([], [])
    for _ in 0..<customers {
        let x = 1 + Int32(random.next() % 8)
        let scale = random.gamma(shape: q, rate: v)
        repeats.append(x)
        means.append(random.gamma(shape: p * Double(x), rate: scale) / Double(x))
    }
    return CustomerSummaries(
        repeats: repeats,
        recency: repeats.map { $0 * 30 },
        age: repeats.map { $0 * 40 },
        meanSpend: means,
        historicSpend: means
    )
}

/// One customer.
func customer(_ repeats: Int32, _ recency: Int32, _ age: Int32, mean: Double = .nan)
    -> CustomerSummaries
{
    CustomerSummaries(
        repeats: [repeats],
        recency: [recency],
        age: [age],
        meanSpend: [mean],
        historicSpend: []
    )
}
