/// Spearman's rank correlation of two columns; equal values share the mean of their ranks.
///
/// Edge cases: 0 when a column has fewer than two different values.
package func rankCorrelation(_ one: [Double], _ other: [Double]) -> Double {
    precondition(one.count == other.count)
    let (first, second) = (ranks(one), ranks(other))
    let middle = Double(one.count + 1) / 2
    var (products, firstSquares, secondSquares) = (0.0, 0.0, 0.0)
    for index in first.indices {
        let (x, y) = (first[index] - middle, second[index] - middle)
        products += x * y
        firstSquares += x * x
        secondSquares += y * y
    }
    guard firstSquares > 0, secondSquares > 0 else { return 0 }
    return products / (firstSquares * secondSquares).squareRoot()
}

private func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
        start = end
    }
    return ranks
}
