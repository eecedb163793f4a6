/// Sorts keys of which only the lowest `bits` are used, least significant digit first.
package func radixSort(_ keys: inout [UInt64], bits: Int) {
    let digitBits = 11
    var other = [UInt64](repeating: 0, count: keys.count)
    for shift in stride(from: 0, to: bits, by: digitBits) {
        let mask: UInt64 = (1 << digitBits) - 1
        if pass(from: keys.span, to: &other, shift: UInt64(shift), mask: mask) {
            swap(&keys, &other)
        }
    }
}

/// False, and nothing done, when all keys agree in the digit.
private func pass(
    from keys: Span<UInt64>,
    to sorted: inout [UInt64],
    shift: UInt64,
    mask: UInt64
) -> Bool {
    var starts = [Int](repeating: 0, count: Int(mask) + 2)
    for index in keys.indices { starts[Int((keys[index] >> shift) & mask) + 1] += 1 }
    guard !starts.contains(keys.count) else { return false }
    for digit in 1..<starts.count { starts[digit] += starts[digit - 1] }
    var output = sorted.mutableSpan
    for index in keys.indices {
        let digit = Int((keys[index] >> shift) & mask)
        output[starts[digit]] = keys[index]
        starts[digit] += 1
    }
    return true
}

/// Calls `body` with each different key of a sorted array and how often it is there.
package func forEachRun(of keys: [UInt64], _ body: (UInt64, Int) -> Void) {
    var start = 0
    for index in keys.indices where index + 1 == keys.count || keys[index + 1] != keys[start] {
        body(keys[index], index + 1 - start)
        start = index + 1
    }
}

/// Chooses `count` of `total` customers at even distances in the order of their patterns.
///
/// `weight` holds how many customers have each pattern; `choose` gets a pattern's index and how many
/// of its customers are chosen, if any.
package func chooseEvenly(
    _ count: Int,
    of total: Int,
    _ weight: [Double],
    _ choose: (_ index: Int, _ chosen: Double) -> Void
) {
    let distance = Double(total) / Double(count)
    var passed = 0.0
    var next = distance / 2
    for index in weight.indices {
        passed += weight[index]
        guard next < passed else { continue }
        let chosen = ((passed - next) / distance).rounded(.up)
        choose(index, chosen)
        next += chosen * distance
    }
}
