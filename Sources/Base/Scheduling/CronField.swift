/// One of the five fields of cron: `*`, or a list of `5`, `1-5`, `mon`, `*/15`, `8-18/2`.
struct CronField {
    private let name: String
    private let range: ClosedRange<Int>
    let names: [String]

    private init(_ name: String, _ range: ClosedRange<Int>, names: [String] = []) {
        self.name = name
        self.range = range
        self.names = names
    }

    static let minute = CronField("a minute", 0...59)
    static let hour = CronField("an hour", 0...23)
    static let day = CronField("a day of the month", 1...31)
    static let month = CronField(
        "a month",
        1...12,
        names: [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
    )
    /// 0 and 7 are Sunday.
    static let weekday = CronField(
        "a weekday",
        0...7,
        names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    )

    /// Nil: every value.
    func values(of text: Substring) throws(NotUnderstood) -> [Int]? {
        if text == "*" { return nil }
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            values.formUnion(try self.values(ofItem: item))
        }
        return values.sorted()
    }

    private func values(ofItem item: Substring) throws(NotUnderstood) -> [Int] {
        let halves = item.split(separator: "/", omittingEmptySubsequences: false)
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count < 3, ends.count < 3 else { throw notOne(item) }
        let step = halves.count == 2 ? try self.step(halves[1], item) : 1
        guard halves[0] != "*" else {
            return Array(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        guard let low = value(ends[0]), let high = value(ends[ends.count - 1]) else {
            throw notOne(item)
        }
        guard low <= high else { throw backwards(item, low, high, step) }
        // A start with a step goes on to the end.
        let last = halves.count == 2 && ends.count == 1 ? range.upperBound : high
        return Array(stride(from: low, through: last, by: step))
    }

    private func step(_ text: Substring, _ item: Substring) throws(NotUnderstood) -> Int {
        guard let step = Int(text), step > 0 else {
            throw NotUnderstood(why: "\"\(item)\" has a step that is not above 0")
        }
        return step
    }

    private func notOne(_ item: Substring) -> NotUnderstood {
        NotUnderstood(why: "\"\(item)\" is not \(name)")
    }

    /// Cron refuses such a range too; what was meant goes over the end of the field.
    private func backwards(
        _ item: Substring,
        _ low: Int,
        _ high: Int,
        _ step: Int
    ) -> NotUnderstood {
        let isOfWeek = range == CronField.weekday.range
        let last = isOfWeek ? 6 : range.upperBound
        let parts: [[Int]] =
            isOfWeek && high == 0
            ? [Array(low...7)] : [Array(low...last), Array(range.lowerBound...high)]
        let written = parts.flatMap { $0.count < 3 ? $0.map(String.init) : [run($0)] }
        let values = parts.flatMap { $0 }
        let stepped = stride(from: 0, to: values.count, by: step).map { String(values[$0]) }
        let better = (step == 1 ? written : stepped).joined(separator: ",")
        return NotUnderstood(why: "the range \"\(item)\" runs backwards, write \(better)")
    }

    private func run(_ values: [Int]) -> String { "\(values[0])-\(values[values.count - 1])" }

    private func value(_ text: Substring) -> Int? {
        if let index = names.firstIndex(of: text.lowercased()) {
            return range.lowerBound == 1 ? index + 1 : index
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text),
            range.contains(value)
        else { return nil }
        return value
    }
}
