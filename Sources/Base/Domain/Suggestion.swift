/// The names that somebody who typed `name` may have meant: at most three, the closest first.
///
/// Letter case does not count; further than two edits away is another name.
package func namesCloseTo(_ name: String, among names: [String]) -> [String] {
    let wanted = Array(name.lowercased().utf8)
    let near = names.enumerated().compactMap { position, candidate in
        let found = Array(candidate.lowercased().utf8)
        guard abs(found.count - wanted.count) <= 2 else { return nil as (Int, Int, String)? }
        let edits = editDistance(wanted, found)
        return edits <= 2 && edits < max(1, wanted.count) ? (edits, position, candidate) : nil
    }
    return near.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.prefix(3).map(\.2)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
private func editDistance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var before: [Int] = []
    var previous = Array(0...other.count)
    for i in one.indices {
        var current = [i + 1]
        for j in other.indices {
            let replaced = previous[j] + (one[i] == other[j] ? 0 : 1)
            var least = min(replaced, previous[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
                least = min(least, before[j - 1] + 1)
            }
            current.append(least)
        }
        before = previous
        previous = current
    }
    return previous[other.count]
}
