/// Five fields of cron, `minute hour day month weekday`, as expressions of systemd's calendar.
///
/// A day of the month and a weekday that are both given are a union in cron, so they become two
/// expressions.
package enum CronExpression {
    private static let shorthands = [
        "@hourly": "hourly", "@daily": "daily", "@midnight": "daily", "@weekly": "Sun 00:00",
        "@monthly": "monthly", "@yearly": "yearly", "@annually": "yearly",
    ]

    /// The expressions whose union is the same schedule.
    package static func calendars(_ text: String) throws(SchedulingError) -> [OnCalendar] {
        do throws(NotUnderstood) {
            return try union(of: text.split(whereSeparator: \.isWhitespace))
        } catch {
            throw .badCron(text, why: error.why)
        }
    }

    /// A half of a union that no year has, such as 31 February, adds nothing to the other.
    private static func union(of words: [Substring]) throws(NotUnderstood) -> [OnCalendar] {
        var possible: [OnCalendar] = []
        var why = "it names no time"
        for text in try texts(words) {
            do throws(SchedulingError) { possible.append(try OnCalendar(text)) } catch {
                guard case .badSchedule(_, let reason) = error else { continue }
                why = reason
            }
        }
        guard !possible.isEmpty else { throw NotUnderstood(why: why) }
        return possible
    }

    private static func texts(_ words: [Substring]) throws(NotUnderstood) -> [String] {
        if let first = words.first, first.contains("=") {
            throw try assignment(first, before: Array(words.dropFirst()))
        }
        if words.count == 1, let shorthand = shorthands[words[0].lowercased()] {
            return [shorthand]
        }
        guard words.count == 5 else { throw notFive(words) }
        let minutes = try CronField.minute.values(of: words[0])
        let hours = try CronField.hour.values(of: words[1])
        let days = try CronField.day.values(of: words[2])
        let months = try CronField.month.values(of: words[3])
        let weekdays = try CronField.weekday.values(of: words[4])
        let time = "\(written(hours)):\(written(minutes)):00"
        let onDays = "*-\(written(months))-\(written(days)) \(time)"
        guard let weekdays else { return [onDays] }
        let names = Set(weekdays.map { $0 % 7 }).sorted { ($0 + 6) % 7 < ($1 + 6) % 7 }
            .map { CronField.weekday.names[$0].capitalized }
        let onWeekdays = "\(names.joined(separator: ",")) *-\(written(months))-* \(time)"
        // Vixie's cron joins them with "and" when one of the two begins with a star.
        let isBoth = words[2].hasPrefix("*") || words[4].hasPrefix("*")
        if days == nil { return [onWeekdays] }
        guard isBoth else { return [onDays, onWeekdays] }
        return ["\(names.joined(separator: ",")) \(onDays)"]
    }

    /// A crontab's variable before the fields; only that of the zone has a place in a schedule.
    private static func assignment(
        _ word: Substring,
        before rest: [Substring]
    ) throws(NotUnderstood) -> NotUnderstood {
        let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard ["CRON_TZ", "TZ"].contains(halves[0]) else {
            return NotUnderstood(why: "leave \"\(word)\" out, a schedule has no variables")
        }
        let zone = halves[1].trimming { $0 == "\"" || $0 == "'" }
        guard !rest.isEmpty else {
            return NotUnderstood(why: "in a schedule the zone \(zone) stands behind the time")
        }
        let written = try union(of: rest).map { "\"\($0.text) \(zone)\"" }
        return NotUnderstood(
            why: "leave \"\(word)\" out and write the zone behind the time: "
                + written.joined(separator: ", ")
        )
    }

    private static func notFive(_ words: [Substring]) -> NotUnderstood {
        if words.first?.lowercased() == "@reboot" {
            return NotUnderstood(why: "a calendar has no time for a start of the machine")
        }
        var why = "it has \(words.count) fields, not 5: minute hour day month weekday"
        if words.count > 5 { why += surplus(words).map { "; leave out \($0)" } ?? "" }
        return NotUnderstood(why: why)
    }

    /// What a line has too much: the user and the command of a crontab, or seconds.
    private static func surplus(_ words: [Substring]) -> String? {
        let more = words[5...].joined(separator: " ")
        if words.count == 6, (try? texts(Array(words[1...]))) != nil { return "the seconds" }
        guard (try? texts(Array(words[..<5]))) != nil else { return nil }
        return "\"\(more)\": a user or a command has no place here"
    }

    private static func written(_ values: [Int]?) -> String {
        guard let values else { return "*" }
        return values.map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ",")
    }
}

extension String {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

extension Substring {
    fileprivate func trimming(_ isLeftOut: (Character) -> Bool) -> String {
        var text = drop(while: isLeftOut)
        while let last = text.last, isLeftOut(last) { text.removeLast() }
        return String(text)
    }
}
