import Domain

/// Whether an outcome lies in the central 90 % of its forecast, by the randomised probability
/// integral transform.
///
/// U = P(Y < y) + V P(Y = y) is uniform when the forecast is right, so [0.05, 0.95] holds it nine
/// times in ten, whatever the atoms are; counting y in [low, high] would say 95 % and more of a
/// right forecast of small counts (Czado, Gneiting & Held 2009, Biometrics 65, equation 1 and
/// section 2). `draw` is V.
func isCentral(
    purchases: Int,
    of forecast: PublishedForecast,
    draw: Double
) -> Bool? {
    guard let anyPurchase = forecast.returnProbability, let range = forecast.purchases,
        let low = range.low, let high = range.high
    else { return nil }
    if purchases == 0 { return isCentral(draw * (1 - anyPurchase)) }
    let outcome = Double(purchases)
    if outcome < low || outcome > high { return false }
    if outcome > low && outcome < high { return true }
    let law = CountLaw(returnProbability: anyPurchase, expected: range.expected)
    let ends = law.ends(at: purchases, low: low, high: high)
    // On a quantile, the law gives the part of the atom that is inside.
    let below = outcome == low ? min(ends.below, 0.05) : max(ends.below, 0.05)
    let upTo = outcome == high ? max(ends.upTo, 0.95) : min(ends.upTo, 0.95)
    return isCentral(below + draw * (upTo - below))
}

/// The same of a spend, which is continuous but for the atom of no purchase.
func isCentral(
    spend: Double,
    purchases: Int,
    of forecast: PublishedForecast,
    draw: Double
) -> Bool? {
    guard let anyPurchase = forecast.returnProbability, let low = forecast.spend?.low,
        let high = forecast.spend?.high
    else { return nil }
    return purchases == 0 ? isCentral(draw * (1 - anyPurchase)) : low <= spend && spend <= high
}

private func isCentral(_ place: Double) -> Bool { place >= 0.05 && place <= 0.95 }
