/// One field of a calendar expression: single values, ranges and steps, or any value at all.
struct CalendarField: Hashable, Sendable {
    /// `start`, `start..stop`, `start/step` or `start..stop/step`.
    struct Part: Hashable, Sendable {
        var start: Int
        var stop: Int?
        /// 0: the start alone.
        var step: Int

        /// Its first value from `value` on.
        func first(atLeast value: Int, upTo limit: Int) -> Int? {
            if start >= value { return start <= limit ? start : nil }
            guard step > 0 else { return nil }
            let found = start + (value - start + step - 1) / step * step
            return found <= min(stop ?? limit, limit) ? found : nil
        }
    }

    /// Empty: every value.
    var parts: [Part] = []

    static let any = CalendarField()

    init() {}
    init(_ parts: [Part]) { self.parts = parts }
    init(_ value: Int) { parts = [Part(start: value, stop: nil, step: 0)] }
    init(every step: Int) { parts = [Part(start: 0, stop: nil, step: step)] }

    /// The smallest value of the field in the range that is not below `value`.
    func first(atLeast value: Int, in range: ClosedRange<Int>) -> Int? {
        let value = max(value, range.lowerBound)
        guard !parts.isEmpty else { return value <= range.upperBound ? value : nil }
        return parts.compactMap { $0.first(atLeast: value, upTo: range.upperBound) }.min()
    }

    /// Whether it leaves out no value of the range.
    func holdsAll(of range: ClosedRange<Int>) -> Bool {
        range.allSatisfy { first(atLeast: $0, in: range) == $0 }
    }

    /// The field as days from the start of a month when it counts from the end: 1 is the last day.
    func counted(fromEndOf length: Int) -> CalendarField {
        CalendarField(
            parts.map { part in
                let start = length + 1 - part.start
                guard let stop = part.stop else {
                    return Part(start: start, stop: nil, step: part.step)
                }
                return Part(start: length + 1 - stop, stop: start, step: part.step)
            }
        )
    }
}

/// A set of numbers from 0 to 63.
struct NumberSet: Hashable, Sendable {
    private var bits: UInt64 = 0

    init() {}
    init(_ range: ClosedRange<Int>) { insert(range) }

    func contains(_ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }
    mutating func insert(_ range: ClosedRange<Int>) {
        for number in range { bits |= 1 << UInt64(number) }
    }
}
