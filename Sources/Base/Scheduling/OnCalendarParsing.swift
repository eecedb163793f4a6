extension OnCalendar {
    private static let shorthands: [(name: String, meaning: String)] = [
        ("daily", "*-*-* 00:00:00"), ("weekly", "Mon *-*-* 00:00:00"),
        ("monthly", "*-*-01 00:00:00"), ("quarterly", "*-01,04,07,10-01 00:00:00"),
        ("semiannually", "*-01,07-01 00:00:00"), ("yearly", "*-01-01 00:00:00"),
        ("annually", "*-01-01 00:00:00"),
    ]
    private static let weekdayNames = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    /// Reads `[weekdays] [date] [time]` or a shorthand such as `daily`.
    package init(_ text: String) throws(SchedulingError) {
        do {
            try self.init(parsing: text)
        } catch {
            throw .badSchedule(text, why: error.why)
        }
    }

    private struct NotUnderstood: Error { let why: String }

    private init(parsing text: String) throws(NotUnderstood) {
        self.text = text
        let lowered = text.lowercased()
        let shorthand = OnCalendar.shorthands.first { $0.name == lowered }
        var words = (shorthand?.meaning.lowercased() ?? lowered).split(separator: " ")[...]
        guard !words.isEmpty else { throw NotUnderstood(why: "it is empty") }
        if let word = words.first, OnCalendar.startsWithLetter(word) {
            weekdays = try OnCalendar.weekdays(word)
            words.removeFirst()
        }
        if let word = words.first, !word.contains(":") {
            (months, days) = try OnCalendar.date(word)
            words.removeFirst()
        }
        if let word = words.first {
            secondOfDay = try OnCalendar.time(word)
            words.removeFirst()
        }
        guard let word = words.first else { return }
        throw NotUnderstood(
            why: word.contains("/") || word == "utc"
                ? "it holds in the tenant's time_zone and cannot name one of its own"
                : "\"\(word)\" stands after the time of day"
        )
    }

    private static func startsWithLetter(_ word: Substring) -> Bool {
        word.first.map { $0.isLetter } ?? false
    }

    private static func weekdays(_ word: Substring) throws(NotUnderstood) -> NumberSet {
        try set(word, of: "weekday") { part in
            guard part.utf8.count >= 3 else { return nil }
            return weekdayNames.firstIndex { $0 == part || $0.prefix(3) == part }
        }
    }

    /// `*-*-01`, or without the year `*-01`.
    private static func date(
        _ word: Substring
    ) throws(NotUnderstood) -> (months: NumberSet, days: NumberSet) {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else {
            throw NotUnderstood(why: "\"\(word)\" is neither a date (*-*-*) nor a time (03:00)")
        }
        if parts.count == 3, parts[0] != "*" {
            throw NotUnderstood(why: "the year can only be \"*\", not \"\(parts[0])\"")
        }
        let month = parts[parts.count - 2]
        let day = parts[parts.count - 1]
        let months =
            month == "*"
            ? NumberSet(1...12) : try set(month, of: "month") { number($0, 1...12) }
        let days =
            day == "*" ? NumberSet(1...31) : try set(day, of: "day") { number($0, 1...31) }
        return (months, days)
    }

    private static func time(_ word: Substring) throws(NotUnderstood) -> Int {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, let hour = number(parts[0], 0...23),
            let minute = number(parts[1], 0...59),
            let second = parts.count == 2 ? 0 : number(parts[2], 0...59)
        else {
            throw NotUnderstood(why: "\"\(word)\" is not a time of day such as 03:00 or 23:30:15")
        }
        return hour * 3600 + minute * 60 + second
    }

    /// A list of single values and of ranges `a..b`.
    private static func set(
        _ word: Substring,
        of unit: String,
        value: (Substring) -> Int?
    ) throws(NotUnderstood) -> NumberSet {
        var set = NumberSet()
        for item in word.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: ".", omittingEmptySubsequences: false)
            let isRange = ends.count == 3 && ends[1].isEmpty
            guard isRange || ends.count == 1, let low = value(ends[0]),
                let high = value(ends[ends.count - 1])
            else { throw NotUnderstood(why: "\"\(item)\" is not a \(unit)") }
            guard low <= high else {
                throw NotUnderstood(why: "the range \"\(item)\" runs backwards")
            }
            set.insert(low...high)
        }
        return set
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let value = Int(text), range.contains(value)
        else { return nil }
        return value
    }
}
