import Glibc
import Numerics

/// How a model's nine draws of its parameters are laid out around the fitted ones.
///
/// The unscented transform (Julier & Uhlmann 2004): a few points with the mean and the covariance of
/// the parameters' logarithms stand for all of their uncertainty. Purchase and spend models are drawn
/// together in nine equally likely draws. The first is the fitted parameters. The other eight are
/// pairs of opposite points of a purchase model; both of a pair meet the same point of the spend model,
/// so that the two models stay uncorrelated and each keeps its covariance.
package enum SigmaDesign: Sendable {
    /// Of purchase models: a centre and four pairs of opposite points.
    case pairs
    /// Of spend models: a centre and a simplex of four points, each for two draws.
    case simplex

    package static let draws = 9

    /// The place of a draw's point among those of a design.
    package func point(ofDraw draw: Int) -> Int { self == .pairs ? draw : (draw + 1) / 2 }

    /// Steps from the centre, in deviations along up to four axes; the first is none.
    package func steps(axes: Int) -> [[Double]] {
        guard axes > 0 else { return [[]] }
        let count = Double(SigmaDesign.draws)
        var steps = [[Double](repeating: 0, count: axes)]
        switch self {
        case .pairs:
            let directions = SigmaDesign.frame(axes)
            // The sum over draws of a coordinate's square is the number of draws.
            let length = (count * Double(axes) / 8).squareRoot()
            for direction in directions {
                steps.append(direction.map { $0 * length })
                steps.append(direction.map { -$0 * length })
            }
        case .simplex:
            let length = (count * Double(axes) / 8).squareRoot()
            steps += SigmaDesign.balanced(axes).map { $0.map { $0 * length } }
        }
        return steps
    }

    /// Four unit vectors, the same in every direction, opposite ones being the same.
    private static func frame(_ axes: Int) -> [[Double]] {
        let half = 0.5.squareRoot()
        switch axes {
        case 1: return [[1], [1], [1], [1]]
        case 2: return [[1, 0], [0, 1], [half, half], [half, -half]]
        case 3: return balanced(3)
        default: return (0..<4).map { row in (0..<axes).map { $0 == row ? 1 : 0 } }
        }
    }

    /// Four unit vectors whose sum is zero, the same in every direction.
    private static func balanced(_ axes: Int) -> [[Double]] {
        let third = (1.0 / 3).squareRoot()
        switch axes {
        case 1: return [[1], [-1], [1], [-1]]
        case 2: return [[1, 0], [-1, 0], [0, 1], [0, -1]]
        default:
            let corners: [[Double]] = [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]
            return corners.map { $0.map { $0 * third } }
        }
    }

    /// The most axes that the design has.
    private var axesMax: Int { self == .pairs ? 4 : 3 }

    /// The points around `point`, inside `bounds`, by what is known of its free coordinates.
    ///
    /// Of more axes than the design has the widest are taken.
    func points(
        around point: [Double],
        _ information: ObservedInformation,
        in bounds: [ClosedRange<Double>]
    ) -> [[Double]] {
        let decomposed = SymmetricMatrix(information.covariance)
        let axes = min(axesMax, information.free.count)
        return steps(axes: axes).map { step in
            var moved = point
            for axis in 0..<axes {
                let deviation = max(0, decomposed.values[axis]).squareRoot()
                for (row, place) in information.free.enumerated() {
                    moved[place] += step[axis] * deviation * decomposed.vectors[axis][row]
                }
            }
            return zip(moved, bounds).map { min(max($0, $1.lowerBound), $1.upperBound) }
        }
    }
}
