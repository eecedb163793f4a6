import Glibc
import Parallel

/// Cox's partial log-likelihood with its derivatives at one point, and what the baseline needs.
struct PartialLikelihood {
    var value: Double
    var gradient: [Double]
    /// Minus the second derivatives: the lower triangle, row by row.
    var information: [Double]
    /// By time: the sum of exp(beta x) over everybody who was still waiting.
    var atRisk: [Double]
}

/// Sums over rows of w, w x and w x x' with w = exp(beta x), the last as a lower triangle.
struct RiskSums {
    private(set) var sums: [Double]
    let coefficients: Int

    init(_ coefficients: Int) {
        self.coefficients = coefficients
        let count = 1 + coefficients + coefficients * (coefficients + 1) / 2
        sums = Array(repeating: 0, count: count)
    }

    static func += (total: inout RiskSums, part: RiskSums) {
        for index in total.sums.indices { total.sums[index] += part.sums[index] }
    }

    var weight: Double { sums[0] }
    func first(_ row: Int) -> Double { sums[1 + row] }
    func second(_ place: Int) -> Double { sums[1 + coefficients + place] }

    /// Adds the rows of a range: each touches few sums, as it is in one group of each factor.
    mutating func add(_ rows: Range<Int>, of table: borrowing SurvivalTable, _ beta: [Double]) {
        let (count, numberCount) = (table.count, table.numberCount)
        let (numbers, groups, firstGroup) = (table.numbers, table.groups, table.firstGroup)
        let factors = firstGroup.count
        var places = [Int](repeating: 0, count: numberCount + factors)
        var values = [Double](repeating: 1, count: numberCount + factors)
        for row in rows {
            var predictor = 0.0
            for column in 0..<numberCount {
                let value = numbers[column * count + row]
                (places[column], values[column]) = (column, value)
                predictor += beta[column] * value
            }
            var used = numberCount
            for factor in 0..<factors {
                let group = Int(groups[factor * count + row])
                guard group > 0 else { continue }
                places[used] = firstGroup[factor] + group
                predictor += beta[places[used]]
                used += 1
            }
            let weight = exp(predictor)
            sums[0] += weight
            for i in 0..<used {
                let (place, weighted) = (places[i], weight * (i < numberCount ? values[i] : 1))
                sums[1 + place] += weighted
                let start = 1 + coefficients + place * (place + 1) / 2
                for j in 0...i {
                    sums[start + places[j]] += weighted * (j < numberCount ? values[j] : 1)
                }
            }
        }
    }
}

extension SurvivalTable {
    /// The partial likelihood with Efron's treatment of ties (Efron 1977, "The efficiency of Cox's
    /// likelihood function for censored data", section 5), in one pass over the rows.
    ///
    /// Each time's sums are made by one thread and added up from the last time to the first, so they
    /// are the same bits for any number of threads.
    func partialLikelihood(_ beta: [Double], _ team: ThreadTeam) -> PartialLikelihood {
        let coefficients = names.count
        var result = PartialLikelihood(
            value: zip(beta, eventSums).reduce(0) { $0 + $1.0 * $1.1 },
            gradient: eventSums,
            information: Array(repeating: 0, count: coefficients * (coefficients + 1) / 2),
            atRisk: Array(repeating: 0, count: times.count)
        )
        var waiting = RiskSums(coefficients)
        let blocks = ThreadTeam.chunks(of: times.count, by: 256)
        for block in blocks.reversed() {
            let parts = team.map(block.count) { sums(ofTime: block.lowerBound + $0, beta) }
            for (time, part) in zip(block, parts).reversed() {
                waiting += part.everybody
                result.atRisk[time] = waiting.weight
                if events[time] > 0 { result.add(events[time], part.events, waiting) }
            }
        }
        return result
    }

    private func sums(
        ofTime time: Int,
        _ beta: [Double]
    ) -> (events: RiskSums, everybody: RiskSums) {
        let rows = starts[time]..<starts[time + 1]
        let firstCensored = rows.lowerBound + events[time]
        var sums = RiskSums(names.count)
        sums.add(rows.lowerBound..<firstCensored, of: self, beta)
        let events = sums
        sums.add(firstCensored..<rows.upperBound, of: self, beta)
        return (events, sums)
    }
}

extension PartialLikelihood {
    /// Takes the events of one time off: the l-th of d of them leaves waiting - (l / d) events.
    ///
    /// What depends on l are five sums of scalars, so many ties cost no more than one event.
    fileprivate mutating func add(_ count: Int, _ events: RiskSums, _ waiting: RiskSums) {
        var (a, b) = (0.0, 0.0)
        var (c0, c1, c2) = (0.0, 0.0, 0.0)
        for event in 0..<count {
            let share = Double(event) / Double(count)
            let inverse = 1 / (waiting.weight - share * events.weight)
            value += log(inverse)
            a += inverse
            b += share * inverse
            c0 += inverse * inverse
            c1 += share * inverse * inverse
            c2 += share * share * inverse * inverse
        }
        var place = 0
        for row in gradient.indices {
            let (r, e) = (waiting.first(row), events.first(row))
            gradient[row] -= r * a - e * b
            for column in 0...row {
                let (s, f) = (waiting.first(column), events.first(column))
                let means = r * s * c0 - (r * f + e * s) * c1 + e * f * c2
                information[place] += waiting.second(place) * a - events.second(place) * b - means
                place += 1
            }
        }
    }
}
