import Domain
import Glibc
import Modeling

/// How ln r, ln alpha, ln a and ln b of a model with drop-out after purchases are searched for.
///
/// `rate` is in events a day. The starts are purchase rates about the observed one, from very
/// different to similar customers, with little and much drop-out.
func dropOutSearch(_ name: String, rate: Double, meanAge: Double, _ priors: Priors) -> Search {
    let shapes: [(r: Double, a: Double, b: Double)] = [
        (0.5, 0.8, 2.5), (0.2, 0.3, 5), (2, 1, 3), (5, 0.1, 10),
    ]
    let alpha = (1e-5 * meanAge, 1e6 * meanAge)
    return Search(
        of: name,
        from: shapes.map { shape in
            let activeRate = rate * (1 + shape.a / shape.b)
            return [log(shape.r), log(shape.r / activeRate), log(shape.a), log(shape.b)]
        },
        in: [
            SearchRange("r", 1e-3, 1e3, usual: 0.7, spread: 1.5),
            SearchRange("alpha", alpha.0, alpha.1, usual: 0.3 * meanAge, spread: 3),
            SearchRange("a", 1e-3, 1e3, usual: 0.7, spread: 1.5),
            SearchRange("b", 1e-3, 1e4, usual: 2.5, spread: 1.5),
        ],
        simpler: [
            SimplerModel(
                "no_drop_out",
                "finds no drop-out: it is taken without, as if nobody ever left",
                fixing: [2: log(1e-3), 3: log(1e4)]
            ) { $0[2] < 0.05 * ($0[2] + $0[3]) },
            SimplerModel(
                "same_drop_out",
                "finds everybody equally likely to leave: one probability is taken for all",
                fixing: [3: log(1e4)]
            ) { $0[2] + $0[3] > 50 },
            .sameRate(1e3),
        ],
        priors
    )
}

extension SimplerModel {
    /// The first parameter is the shape of the purchase rate, `largest` its end.
    static func sameRate(_ largest: Double) -> SimplerModel {
        SimplerModel(
            "same_rate",
            "finds everybody buying at the same rate while active: one rate is taken for all",
            fixing: [0: log(largest)]
        ) { $0[0] > 10 }
    }
}
