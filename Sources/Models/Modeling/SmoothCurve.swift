import Glibc

/// Where to ask for a smooth function so that a polynomial through the answers follows it closely.
struct ChebyshevNodes {
    let values: [Double]

    init(count: Int, from first: Double, to last: Double) {
        values = (0..<count).map { node in
            let place = (1 - cos(.pi * Double(node) / Double(count - 1))) / 2
            return first + (last - first) * place
        }
    }
}

/// The polynomial through given places (Berrut & Trefethen 2004, "Barycentric Lagrange interpolation").
struct BarycentricCurve {
    private let places: [Double]
    private let factors: [Double]

    init(_ places: [Double]) {
        self.places = places
        // Distances in units of a quarter of the width, so that their products stay in range.
        let unit = max(1e-300, ((places.last ?? 1) - (places.first ?? 0)) / 4)
        factors = places.indices.map { place in
            places.indices.reduce(1) {
                $1 == place ? $0 : $0 / ((places[place] - places[$1]) / unit)
            }
        }
    }

    /// By place: the weight of its value.
    func weights(at x: Double) -> [Double] {
        if let place = places.firstIndex(of: x) {
            return places.indices.map { $0 == place ? 1 : 0 }
        }
        let shares = zip(factors, places).map { $0 / (x - $1) }
        let sum = shares.reduce(0, +)
        return shares.map { $0 / sum }
    }
}
