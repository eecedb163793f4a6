/// Five fields of cron, `minute hour day month weekday`, as expressions of systemd's calendar.
///
/// A day of the month and a weekday that are both given are a union in cron, so they become two
/// expressions.
package enum CronExpression {
    private struct Unit {
        var name: String
        var range: ClosedRange<Int>
        var names: [String] = []
    }

    private static let minute = Unit(name: "a minute", range: 0...59)
    private static let hour = Unit(name: "an hour", range: 0...23)
    private static let day = Unit(name: "a day of the month", range: 1...31)
    private static let month = Unit(
        name: "a month",
        range: 1...12,
        names: [
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ]
    )
    /// 0 and 7 are Sunday.
    private static let weekday = Unit(
        name: "a weekday",
        range: 0...7,
        names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    )
    private static let shorthands = [
        "@hourly": "hourly", "@daily": "daily", "@midnight": "daily", "@weekly": "Sun 00:00",
        "@monthly": "monthly", "@yearly": "yearly", "@annually": "yearly",
    ]

    /// The expressions whose union is the same schedule.
    package static func calendars(_ text: String) throws(SchedulingError) -> [OnCalendar] {
        do {
            return try texts(text).map { try OnCalendar($0) }
        } catch let error as NotUnderstood {
            throw .badCron(text, why: error.why)
        } catch SchedulingError.badSchedule(_, let why) {
            throw .badCron(text, why: why)
        } catch {
            throw .badCron(text, why: "\(error)")
        }
    }

    private static func texts(_ text: String) throws(NotUnderstood) -> [String] {
        let fields = text.split(whereSeparator: \.isWhitespace).map { $0.lowercased() }
        if fields.count == 1, let shorthand = shorthands[fields[0]] { return [shorthand] }
        guard fields.count == 5 else {
            throw NotUnderstood(
                why: fields.first == "@reboot"
                    ? "a calendar has no time for a start of the machine"
                    : "it has \(fields.count) fields, not 5: minute hour day month weekday"
            )
        }
        let minutes = try list(fields[0], minute)
        let hours = try list(fields[1], hour)
        let (days, months) = (try list(fields[2], day), try list(fields[3], month))
        let weekdays = try list(fields[4], weekday)
        let time = "\(written(hours)):\(written(minutes)):00"
        let onDays = "*-\(written(months))-\(written(days)) \(time)"
        guard let weekdays else { return [onDays] }
        let names = Set(weekdays.map { $0 % 7 }).sorted { ($0 + 6) % 7 < ($1 + 6) % 7 }
            .map { Self.weekday.names[$0].capitalized }
        let onWeekdays = "\(names.joined(separator: ",")) *-\(written(months))-* \(time)"
        // Vixie's cron joins them with "and" when one of the two begins with a star.
        let isBoth = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
        if days == nil { return [onWeekdays] }
        guard isBoth else { return [onDays, onWeekdays] }
        return ["\(names.joined(separator: ",")) \(onDays)"]
    }

    private static func written(_ values: [Int]?) -> String {
        guard let values else { return "*" }
        return values.map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ",")
    }

    /// Nil: every value.
    private static func list(_ text: String, _ unit: Unit) throws(NotUnderstood) -> [Int]? {
        if text == "*" { return nil }
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = item.split(separator: "/", omittingEmptySubsequences: false)
            let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
            var range = unit.range
            if halves[0] != "*" {
                guard ends.count < 3, let low = value(ends[0], unit),
                    let high = value(ends[ends.count - 1], unit), low <= high
                else { throw NotUnderstood(why: "\"\(item)\" is not \(unit.name)") }
                // A start with a step goes on to the end.
                range = low...(halves.count == 2 && ends.count == 1 ? unit.range.upperBound : high)
            }
            var step = 1
            if halves.count == 2 {
                guard let given = Int(halves[1]), given > 0 else {
                    throw NotUnderstood(why: "\"\(item)\" has a step that is not above 0")
                }
                step = given
            }
            guard halves.count < 3 else {
                throw NotUnderstood(why: "\"\(item)\" is not \(unit.name)")
            }
            values.formUnion(stride(from: range.lowerBound, through: range.upperBound, by: step))
        }
        return values.sorted()
    }

    private static func value(_ text: Substring, _ unit: Unit) -> Int? {
        if let index = unit.names.firstIndex(of: String(text)) {
            return unit.range.lowerBound == 1 ? index + 1 : index
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int(text),
            unit.range.contains(value)
        else { return nil }
        return value
    }
}

extension String {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
