/// Why an expression cannot be used.
struct NotUnderstood: Error {
    let why: String
}

/// One field of a calendar expression as it is written: `*`, or a list of `5`, `1..5`, `0/15`.
struct CalendarText {
    struct Unit {
        var name: String
        var range: ClosedRange<Int>
        /// How many of the field's units one written unit has.
        var scale = 1

        static let year = Unit(name: "a year", range: OnCalendar.yearRange)
        static let month = Unit(name: "a month", range: 1...12)
        static let day = Unit(name: "a day", range: 1...31)
        /// Every month has that many.
        static let dayFromEnd = Unit(name: "a day from the end of the month", range: 1...28)
        static let hour = Unit(name: "an hour", range: 0...23)
        static let minute = Unit(name: "a minute", range: 0...59)
        static let second = Unit(
            name: "a second",
            range: 0...(OnCalendar.minute - 1),
            scale: OnCalendar.second
        )
    }

    let field: CalendarField
    private let unit: Unit

    init(_ text: Substring, _ unit: Unit) throws(NotUnderstood) {
        self.unit = unit
        if text == "*" {
            field = unit.scale == 1 ? .any : CalendarField(every: unit.scale)
            return
        }
        var parts: [CalendarField.Part] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            parts.append(try CalendarText.part(item, unit))
        }
        field = CalendarField(parts)
    }

    private static func part(
        _ item: Substring,
        _ unit: Unit
    ) throws(NotUnderstood) -> CalendarField.Part {
        let halves = item.split(separator: "/", omittingEmptySubsequences: false)
        let ends = halves[0].replacing("..", with: "\u{1}").split(
            separator: "\u{1}",
            omittingEmptySubsequences: false
        )
        guard halves.count < 3, ends.count < 3, let start = number(ends[0], unit),
            unit.range.contains(start)
        else {
            let hint = halves[0] == "*" && halves.count == 2 ? ", write \"0/\(halves[1])\"" : ""
            throw NotUnderstood(why: "\"\(item)\" is not \(unit.name)\(hint)")
        }
        var part = CalendarField.Part(start: start, stop: nil, step: 0)
        if ends.count == 2 {
            guard let stop = number(ends[1], unit), unit.range.contains(stop) else {
                throw NotUnderstood(why: "\"\(item)\" is not \(unit.name)")
            }
            guard start <= stop else {
                throw NotUnderstood(why: "the range \"\(item)\" runs backwards")
            }
            part.stop = stop
            part.step = unit.scale
        }
        if halves.count == 2 { try setStep(halves[1], item, unit, &part) }
        // A range of one value.
        if let stop = part.stop, start + part.step > stop, halves.count == 1 {
            guard start == stop else {
                throw NotUnderstood(why: "the range \"\(item)\" needs a step such as /0.5")
            }
            part = CalendarField.Part(start: start, stop: nil, step: 0)
        }
        return part
    }

    private static func setStep(
        _ text: Substring,
        _ item: Substring,
        _ unit: Unit,
        _ part: inout CalendarField.Part
    ) throws(NotUnderstood) {
        var plain = unit
        plain.range = 0...0
        guard let step = number(text, plain), step > 0 else {
            throw NotUnderstood(why: "\"\(item)\" has a step that is not a number above 0")
        }
        part.step = step
        if let stop = part.stop {
            // The last value is what the steps reach; a step past the end leaves the start alone.
            part.stop = part.start + (stop - part.start) / step * step
            if part.stop == part.start { part = .init(start: part.start, stop: nil, step: 0) }
            return
        }
        let isReached =
            unit.range == Unit.dayFromEnd.range
            ? part.start - step >= unit.range.lowerBound
            : part.start + step <= unit.range.upperBound
        guard isReached else {
            throw NotUnderstood(why: "the step of \"\(item)\" leads past its end")
        }
    }

    /// Whole, or for seconds with up to six decimals; a year of two digits is of 1970 to 2069.
    private static func number(_ text: some StringProtocol, _ unit: Unit) -> Int? {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 1 || (halves.count == 2 && unit.scale > 1),
            let whole = digits(halves[0], upTo: 9)
        else { return nil }
        if unit.range == OnCalendar.yearRange, whole < 100 {
            return whole < 70 ? whole + 2000 : whole + 1900
        }
        guard halves.count == 2 else { return whole * unit.scale }
        guard let fraction = digits(halves[1], upTo: 6) else { return nil }
        var scale = unit.scale
        for _ in 0..<halves[1].utf8.count { scale /= 10 }
        return whole * unit.scale + fraction * scale
    }

    private static func digits(_ text: some StringProtocol, upTo count: Int) -> Int? {
        guard (1...count).contains(text.utf8.count),
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int(text)
    }
}
