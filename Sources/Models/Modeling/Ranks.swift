/// The different numbers of some columns, none below zero.
struct Ranks {
    /// By number: its place in `numbers`; -1 where it does not occur.
    private(set) var rank: [Int32]
    /// Smallest first.
    private(set) var numbers: [Int32] = []

    init(of columns: [[Int32]]) {
        let largest = columns.compactMap { $0.max() }.max() ?? 0
        rank = Array(repeating: -1, count: Int(largest) + 1)
        for column in columns {
            for number in column { rank[Int(number)] = 0 }
        }
        for number in rank.indices where rank[number] == 0 {
            rank[number] = Int32(numbers.count)
            numbers.append(Int32(number))
        }
    }
}
