/// Schedules in the writing of cron or of a clock of twelve hours, and what to write instead.
enum ForeignSchedule {
    /// Says it in place of, or behind, why an expression is not understood.
    static func explanation(of text: String, _ why: String) -> String {
        let words = text.split(separator: " ")
        if isCronLine(words) {
            return "this is a cron line, which `clvctl cron2calendar '\(text)'` writes as a "
                + "schedule"
        }
        if let shorthand = cronShorthand(words) {
            return "\"\(words[0])\" is a word of cron, write \"\(shorthand)\""
        }
        return why + (afternoon(words).map { ", write \"\($0)\"" } ?? "")
    }

    /// Minutes, hours and days that no calendar begins with, and no time of day in it.
    private static func isCronLine(_ words: [Substring]) -> Bool {
        func isField(_ word: Substring) -> Bool {
            word.utf8.allSatisfy { (48...57).contains($0) || "*,-/".utf8.contains($0) }
        }
        return words.count > 4 && words.prefix(3).allSatisfy(isField)
            && !words.contains { $0.contains(":") || $0.contains("'") }
    }

    private static func cronShorthand(_ words: [Substring]) -> String? {
        guard let first = words.first, first.hasPrefix("@"),
            let calendars = try? CronExpression.calendars(String(first)), calendars.count == 1
        else { return nil }
        return ([calendars[0].text] + words.dropFirst().map(String.init)).joined(separator: " ")
    }

    /// The expression with its last time, `3:00 PM` or `3:00PM`, on the clock of 24 hours.
    private static func afternoon(_ words: [Substring]) -> String? {
        guard let last = words.last else { return nil }
        let half = last.suffix(2).lowercased()
        guard half == "am" || half == "pm" else { return nil }
        let isApart = last.count == 2
        guard !isApart || words.count > 1 else { return nil }
        let before = isApart ? words.dropLast(2) : words.dropLast()
        var parts = (isApart ? words[words.count - 2] : last.dropLast(2))
            .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), let hour = Int(parts[0]), (1...12).contains(hour)
        else { return nil }
        let hours = hour % 12 + (half == "pm" ? 12 : 0)
        parts[0] = (hours < 10 ? "0" : "") + String(hours)
        if parts.count == 1 { parts.append("00") }
        return (before.map(String.init) + [parts.joined(separator: ":")]).joined(separator: " ")
    }
}
