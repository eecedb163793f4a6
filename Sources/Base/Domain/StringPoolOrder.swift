/// The entries of a pool in the order of their bytes.
///
/// Ids of one source mostly share a beginning and differ soon after it: the shared bytes are
/// skipped, the next eight are sorted as one number, and only runs that are still equal are looked
/// at again.
package func sortedByBytes(_ pool: StringPool) -> [UInt32] {
    let bytes = pool.bytes
    let offsets = pool.offsets
    var entries = (0..<pool.count).map { Entry(key: 0, index: UInt32($0)) }
    var spare: [Entry] = []
    var unsorted = [(range: entries.indices, depth: 0)]
    while let (range, depth) = unsorted.popLast() {
        if range.count < 32 {
            insertionSort(&entries, range, bytes.span, offsets.span, from: depth)
            continue
        }
        let prefix = sharedPrefix(entries.span, range, bytes.span, offsets.span, from: depth)
        for position in range {
            let index = Int(entries[position].index)
            entries[position].key = key(
                bytes.span,
                from: Int(offsets[index]) + prefix,
                to: Int(offsets[index + 1])
            )
        }
        sortByKey(&entries, range, &spare)
        var first = range.lowerBound
        for position in range {
            let isLast = position + 1 == range.upperBound
            if !isLast && entries[position + 1].key == entries[first].key { continue }
            if position > first { unsorted.append((first..<position + 1, prefix + 8)) }
            first = position + 1
        }
    }
    return entries.map(\.index)
}

private struct Entry {
    var key: UInt64
    var index: UInt32
}

/// The first eight bytes as a number that sorts like them; zeros behind the end.
private func key(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> UInt64 {
    var key: UInt64 = 0
    for at in start..<start + 8 {
        key = key << 8 | (at < end ? UInt64(bytes[at]) : 0)
    }
    return key
}

/// How many bytes all entries of the range have in common, at least `depth`.
private func sharedPrefix(
    _ entries: Span<Entry>,
    _ range: Range<Int>,
    _ bytes: Span<UInt8>,
    _ offsets: Span<UInt32>,
    from depth: Int
) -> Int {
    let first = Int(entries[range.lowerBound].index)
    let start = Int(offsets[first])
    var shared = Int(offsets[first + 1]) - start
    for position in range {
        let index = Int(entries[position].index)
        let other = Int(offsets[index])
        shared = min(shared, Int(offsets[index + 1]) - other)
        var at = min(depth, shared)
        while at < shared, bytes[start + at] == bytes[other + at] { at += 1 }
        shared = at
        if shared <= depth { return depth }
    }
    return shared
}

/// Radix sort by key, the lowest byte first; bytes that are equal everywhere cost nothing.
private func sortByKey(_ entries: inout [Entry], _ range: Range<Int>, _ spare: inout [Entry]) {
    guard range.count >= 2048 else {
        entries[range].sort { $0.key < $1.key }
        return
    }
    if spare.count < range.count {
        spare = Array(repeating: Entry(key: 0, index: 0), count: range.count)
    }
    var counts = [Int](repeating: 0, count: 8 * 256)
    for position in range {
        let key = entries[position].key
        for byte in 0..<8 { counts[byte << 8 | Int(key >> (8 * UInt64(byte)) & 255)] += 1 }
    }
    for byte in 0..<8 {
        let shift = UInt64(8 * byte)
        let first = Int(entries[range.lowerBound].key >> shift & 255)
        if counts[byte << 8 | first] == range.count { continue }
        var next = [Int](repeating: 0, count: 256)
        var total = 0
        for value in 0..<256 {
            next[value] = total
            total += counts[byte << 8 | value]
        }
        for position in range {
            let value = Int(entries[position].key >> shift & 255)
            spare[next[value]] = entries[position]
            next[value] += 1
        }
        for offset in 0..<range.count { entries[range.lowerBound + offset] = spare[offset] }
    }
}

private func insertionSort(
    _ entries: inout [Entry],
    _ range: Range<Int>,
    _ bytes: Span<UInt8>,
    _ offsets: Span<UInt32>,
    from depth: Int
) {
    for position in range.dropFirst() {
        let entry = entries[position]
        var hole = position
        while hole > range.lowerBound,
            precedes(entry, entries[hole - 1], bytes, offsets, from: depth)
        {
            entries[hole] = entries[hole - 1]
            hole -= 1
        }
        entries[hole] = entry
    }
}

private func precedes(
    _ one: Entry,
    _ other: Entry,
    _ bytes: Span<UInt8>,
    _ offsets: Span<UInt32>,
    from depth: Int
) -> Bool {
    let end = Int(offsets[Int(one.index) + 1])
    let otherEnd = Int(offsets[Int(other.index) + 1])
    var at = Int(offsets[Int(one.index)]) + depth
    var otherAt = Int(offsets[Int(other.index)]) + depth
    while at < end, otherAt < otherEnd {
        if bytes[at] != bytes[otherAt] { return bytes[at] < bytes[otherAt] }
        at += 1
        otherAt += 1
    }
    return end - at < otherEnd - otherAt
}
