/// Suggestions for a word that was not understood; suggests, never acts.
enum DidYouMean {
    /// A sentence with at most three names within two edits, or nil.
    static func sentence(_ typed: String, among names: [String]) -> String? {
        let near = names.map { (name: $0, distance: distance(typed, $0)) }
            .filter { $0.distance <= 2 || ($0.name.hasPrefix(typed) && typed.count > 2) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3)
        guard !near.isEmpty else { return nil }
        return "did you mean " + near.map { "\"\($0.name)\"" }.joined(separator: " or ") + "?"
    }

    /// Edits (insert, delete, replace, swap neighbours) between two words.
    static func distance(_ one: String, _ other: String) -> Int {
        let (a, b) = (Array(one.unicodeScalars), Array(other.unicodeScalars))
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var before = [Int]()
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + Array(repeating: 0, count: b.count)
            for j in 1...b.count {
                let replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                row[j] = min(last[j] + 1, row[j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], before[j - 2] + 1)
                }
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
