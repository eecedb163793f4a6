/// Finds what was probably meant.
package enum Suggestion {
    /// The nearest known word, at most two changes away, or one that begins so; nil when none is.
    ///
    /// Of a short word at least half must stay, or everything would be near.
    package static func nearest(to word: String, among known: some Sequence<String>) -> String? {
        let limit = min(2, word.count / 2)
        var best: (word: String, distance: Int)?
        for candidate in known {
            let distance = distance(word.lowercased(), candidate.lowercased(), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.word }
        return word.count < 4 ? nil : known.first { $0.hasPrefix(word.lowercased()) }
    }

    /// Insertions, deletions, replacements and swaps of neighbours; more than `limit` is not exact.
    static func distance(_ one: String, _ other: String, limit: Int) -> Int {
        let a = Array(one.unicodeScalars)
        let b = Array(other.unicodeScalars)
        guard abs(a.count - b.count) <= limit else { return limit + 1 }
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    cost = min(cost, before[j - 1] + 1)
                }
                row.append(cost)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
