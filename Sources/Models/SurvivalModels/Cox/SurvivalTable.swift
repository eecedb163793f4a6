import Glibc
import Modeling

/// What is known of each row beside its time, in columns.
package struct Covariates: Sendable {
    /// A quantity.
    package struct Number: Sendable {
        package var name: String
        package var values: [Double]

        package init(_ name: String, _ values: [Double]) {
            (self.name, self.values) = (name, values)
        }
    }

    /// A group: 0 is the one that the others are compared with.
    package struct Factor: Sendable {
        /// The names of the groups from 1 on.
        package var names: [String]
        package var codes: [UInt8]

        package init(_ names: [String], _ codes: [UInt8]) {
            (self.names, self.codes) = (names, codes)
        }
    }

    package var numbers: [Number]
    package var factors: [Factor]

    package init(numbers: [Number] = [], factors: [Factor] = []) {
        (self.numbers, self.factors) = (numbers, factors)
    }
}

/// Times to an event with what is known beside, sorted once for all passes of a fit.
///
/// A row has a time and either an event then, or nothing seen until then. Rows are sorted by time,
/// the events of a time first; there are few different times, as they are whole days.
package struct SurvivalTable: Sendable {
    /// The different times, ascending.
    package let times: [Int32]
    /// By time: its first row; one more at the end.
    let starts: [Int]
    /// By time: how many of its rows are events.
    package let events: [Int]
    /// Of the coefficients: numbers first, then the groups of each factor.
    package let names: [String]
    /// Where in the order of the rows each original row went.
    let order: [Int32]
    /// The numbers, less their mean and by their deviation, column after column.
    let numbers: [Double]
    let means: [Double]
    let deviations: [Double]
    /// The groups, column after column.
    let groups: [UInt8]
    /// By factor: the coefficient before that of its group 1.
    let firstGroup: [Int]
    /// The sum of each coefficient's covariate over all events.
    let eventSums: [Double]

    package var count: Int { order.count }
    package var eventCount: Int { events.reduce(0, +) }
    var numberCount: Int { means.count }

    package init(times rowTimes: [Int32], hasEvent: [Bool], _ covariates: Covariates) {
        precondition(rowTimes.count == hasEvent.count && (rowTimes.min() ?? 0) >= 0)
        let order = SurvivalTable.order(rowTimes, hasEvent)
        var (times, starts, events): ([Int32], [Int], [Int]) = ([], [], [])
        for (position, row) in order.enumerated() {
            if times.last != rowTimes[Int(row)] {
                times.append(rowTimes[Int(row)])
                starts.append(position)
                events.append(0)
            }
            if hasEvent[Int(row)] { events[events.count - 1] += 1 }
        }
        starts.append(order.count)
        (self.times, self.starts, self.events, self.order) = (times, starts, events, order)
        let scaled = covariates.numbers.map { StandardNumber($0.values, order) }
        means = scaled.map(\.mean)
        deviations = scaled.map(\.deviation)
        numbers = scaled.flatMap(\.values)
        groups = covariates.factors.flatMap { factor in order.map { factor.codes[Int($0)] } }
        var next = covariates.numbers.count
        firstGroup = covariates.factors.map { factor in
            defer { next += factor.names.count }
            return next - 1
        }
        names = covariates.numbers.map(\.name) + covariates.factors.flatMap(\.names)
        eventSums = SurvivalTable.eventSums(
            zip(starts, events).map { $0..<$0 + $1 },
            (numbers, groups, firstGroup),
            rows: order.count,
            coefficients: names.count
        )
    }

    private static func order(_ times: [Int32], _ hasEvent: [Bool]) -> [Int32] {
        var keys = times.indices.map { row in
            (UInt64(times[row]) << 1 | (hasEvent[row] ? 0 : 1)) << 32 | UInt64(row)
        }
        radixSort(&keys, bits: 64)
        return keys.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
    }

    private static func eventSums(
        _ events: [Range<Int>],
        _ columns: (numbers: [Double], groups: [UInt8], firstGroup: [Int]),
        rows: Int,
        coefficients: Int
    ) -> [Double] {
        var sums = [Double](repeating: 0, count: coefficients)
        let numberCount = rows == 0 ? 0 : columns.numbers.count / rows
        for row in events.joined() {
            for column in 0..<numberCount { sums[column] += columns.numbers[column * rows + row] }
            for (factor, first) in columns.firstGroup.enumerated() {
                let group = Int(columns.groups[factor * rows + row])
                if group > 0 { sums[first + group] += 1 }
            }
        }
        return sums
    }
}

/// A column with mean 0 and deviation 1, in the order of the rows.
private struct StandardNumber {
    let mean: Double
    let deviation: Double
    let values: [Double]

    init(_ column: [Double], _ order: [Int32]) {
        let count = Double(max(1, column.count))
        let mean = column.reduce(0, +) / count
        let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        // A constant is left as it is, and refused as such by the fit.
        let deviation = variance > 0 ? variance.squareRoot() : 1
        values = order.map { (column[Int($0)] - mean) / deviation }
        (self.mean, self.deviation) = (mean, deviation)
    }
}
