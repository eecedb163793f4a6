import Modeling

/// The number of purchases of an active customer who may leave after each of them.
///
/// The drop-out probability is beta (a, b), and every `step`-th event is a purchase, the first one
/// after `step` - `phase` of them. P(Y >= n) = s_n P(N >= step n - phase), with s_n the probability of
/// staying after each of the first n - 1 purchases.
struct CountsWithDropOut {
    let a: Double
    let b: Double
    var step = 1
    var phase = 0

    /// The tails P(Y >= n) for n from 1 on, while they are above zero.
    func forEachTail(of events: NegativeBinomialTails, _ body: (Double) -> Void) {
        var (stays, n) = (1.0, 1)
        while step * n - phase <= events.last {
            let tail = stays * events[step * n - phase]
            guard tail > 0 else { return }
            body(tail)
            stays *= (b + Double(n - 1)) / (a + b + Double(n - 1))
            n += 1
        }
    }

    func distribution(of events: NegativeBinomialTails) -> CountDistribution {
        var atLeast = [1.0]
        forEachTail(of: events) { atLeast.append($0) }
        return CountDistribution(atLeast: atLeast)
    }
}
