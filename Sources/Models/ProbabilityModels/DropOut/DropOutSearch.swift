import Glibc
import Modeling

/// Where to look for ln r, ln alpha, ln a and ln b of a model with drop-out after purchases.
///
/// Purchase rates about the observed one, in events a day, from very different to similar customers,
/// with little and much drop-out.
func dropOutStarts(rate: Double) -> [[Double]] {
    let shapes: [(r: Double, a: Double, b: Double)] = [
        (0.5, 0.8, 2.5), (0.2, 0.3, 5), (2, 1, 3), (5, 0.1, 10),
    ]
    return shapes.map { shape in
        let activeRate = rate * (1 + shape.a / shape.b)
        return [log(shape.r), log(shape.r / activeRate), log(shape.a), log(shape.b)]
    }
}

func dropOutRanges(meanAge: Double) -> [SearchRange] {
    [
        SearchRange("r", 1e-3, 1e3),
        SearchRange("alpha", 1e-5 * meanAge, 1e6 * meanAge),
        SearchRange("a", 1e-3, 1e3),
        SearchRange("b", 1e-3, 1e4),
    ]
}
