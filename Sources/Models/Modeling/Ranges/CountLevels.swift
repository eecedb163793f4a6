/// The counts at which a table of P(N >= n) is kept: all up to 64, then in steps of a hundredth.
enum CountLevels {
    /// Ascending from 1; the last is beyond every count.
    static let all: [Int32] = {
        var levels: [Int32] = []
        var next: Int32 = 1
        while next < 1 << 21 {
            levels.append(next)
            next += max(1, next / 100)
        }
        return levels
    }()

    /// How many levels there are up to the first at or above `count`.
    static func number(upTo count: Int) -> Int {
        var (low, high) = (0, all.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if Int(all[middle]) >= count { high = middle } else { low = middle + 1 }
        }
        return low + 1
    }

    /// The counts from a level up to the next by the one in the middle.
    static func middle(_ level: Int) -> Double { Double(all[level] + all[level + 1] - 1) / 2 }
}
