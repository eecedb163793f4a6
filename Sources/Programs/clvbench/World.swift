import Domain
import Numerics

/// Purchases of customers from a known world: BG/NBD in time, gamma-gamma in spend, over two years.
///
/// The law of the world is that of the purchases which the end-to-end benchmark makes.
enum World {
    static let days = 730

    static func ledger(customers count: Int, seed: UInt64) -> Ledger {
        var random = RandomSource(seed: seed)
        var customers = StringPool()
        customers.reserve(strings: count, bytes: 12 * count)
        var (offsets, day, amount): ([UInt32], [Int32], [Double]) = ([0], [], [])
        offsets.reserveCapacity(count + 1)
        day.reserveCapacity(5 * count)
        amount.reserveCapacity(5 * count)
        for customer in 0..<count {
            _ = customers.append("user_" + padded(customer, 7))
            addPurchases(&random, &day, &amount)
            offsets.append(UInt32(day.count))
        }
        return Ledger(
            customers: customers,
            offsets: offsets,
            day: day,
            amount: amount,
            asOf: Day(number: Int32(days - 1))
        )
    }

    private static func addPurchases(
        _ random: inout RandomSource,
        _ day: inout [Int32],
        _ amount: inout [Double]
    ) {
        let rate = random.gamma(shape: 0.9, rate: 60)
        let dropOut = random.beta(0.8, 2.5)
        let scale = random.gamma(shape: 3.74, rate: 46.32)
        var time = (600 * random.uniform()).rounded(.down)
        let first = day.count
        var isRepeat = false
        repeat {
            let spent = min(random.gamma(shape: 6.25, rate: scale), 99_999)
            let cents = (spent * 100).rounded() / 100
            if day.count > first, day.last == Int32(time) {
                amount[amount.count - 1] += cents
            } else {
                day.append(Int32(time))
                amount.append(cents)
            }
            // Only after a repeat purchase does a customer decide about leaving.
            if isRepeat, random.uniform() < dropOut { return }
            isRepeat = true
            time += random.exponential(rate: rate)
        } while time < Double(days)
    }
}
