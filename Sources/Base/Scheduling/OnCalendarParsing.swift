import Domain

extension OnCalendar {
    private static let shorthands: [String: String] = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "weekly": "Mon *-*-* 00:00:00", "monthly": "*-*-01 00:00:00",
        "quarterly": "*-01,04,07,10-01 00:00:00", "semiannually": "*-01,07-01 00:00:00",
        "semi-annually": "*-01,07-01 00:00:00", "biannually": "*-01,07-01 00:00:00",
        "bi-annually": "*-01,07-01 00:00:00", "yearly": "*-01-01 00:00:00",
        "annually": "*-01-01 00:00:00", "anually": "*-01-01 00:00:00",
    ]
    private static let weekdayNames = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]

    /// Reads `[weekdays] [date] [time] [zone]`, a shorthand such as `daily`, or `@` and seconds.
    package init(
        _ text: String,
        zones directory: String = TimeZoneRules.systemDirectory
    ) throws(SchedulingError) {
        do {
            try self.init(parsing: text, directory)
        } catch {
            throw .badSchedule(text, why: ForeignSchedule.explanation(of: text, error.why))
        }
    }

    private init(parsing text: String, _ directory: String) throws(NotUnderstood) {
        self.init(text: text)
        var words = text.split(separator: " ")[...]
        guard let first = words.first else { throw NotUnderstood(why: "it is empty") }
        if words.count > 1, let last = words.last {
            zone = try OnCalendar.zone(last, directory)
            if zone != nil { words.removeLast() }
        }
        if first.hasPrefix("@"), words.count == 1 {
            try readInstant(first.dropFirst())
            return
        }
        if let meaning = OnCalendar.shorthands[first.lowercased()] {
            guard words.count == 1 else {
                throw NotUnderstood(why: "\"\(words[1])\" stands after \"\(first)\"")
            }
            words = meaning.split(separator: " ")[...]
        }
        try read(words)
        guard day(atLeast: .epoch) != nil else {
            throw NotUnderstood(why: "no year has such a day")
        }
    }

    private mutating func read(_ words: ArraySlice<Substring>) throws(NotUnderstood) {
        var words = words
        if let word = words.first, word.first?.isLetter == true {
            weekdays = try OnCalendar.weekdays(word)
            words.removeFirst()
        }
        if let word = words.first, !word.contains(":") {
            try readDate(word)
            words.removeFirst()
        }
        isWholeDay = words.isEmpty
        guard let word = words.popFirst() else { return }
        try readTime(word)
        guard let word = words.first else { return }
        throw NotUnderstood(why: "\"\(word)\" stands after the time of day")
    }

    /// The last word's zone; nil when it is no zone but a weekday, a date or a time.
    private static func zone(
        _ word: Substring,
        _ directory: String
    ) throws(NotUnderstood) -> TimeZoneRules? {
        guard word.first?.isLetter == true, (try? weekdays(word)) == nil else { return nil }
        if word.lowercased() == "utc" { return .utc }
        do { return try TimeZoneRules(named: String(word), directory: directory) } catch {
            throw NotUnderstood(why: error.message)
        }
    }

    private static func weekdays(_ word: Substring) throws(NotUnderstood) -> NumberSet {
        var set = NumberSet()
        let items = word.lowercased().split(separator: ",", omittingEmptySubsequences: false)
        for item in items {
            // systemd allows a comma at the end.
            if item.isEmpty, items.count > 1, item.startIndex == items.last?.startIndex { continue }
            let ends = item.replacing("..", with: "-").split(
                separator: "-",
                omittingEmptySubsequences: false
            )
            guard ends.count < 3, let low = weekday(ends[0]),
                let high = weekday(ends[ends.count - 1])
            else { throw NotUnderstood(why: "\"\(item)\" is not a weekday") }
            guard low <= high else {
                throw NotUnderstood(why: "the range \"\(item)\" runs backwards")
            }
            set.insert(low...high)
        }
        return set
    }

    private static func weekday(_ name: some StringProtocol) -> Int? {
        guard name.utf8.count >= 3 else { return nil }
        return weekdayNames.firstIndex { $0 == name || $0.prefix(3) == name }
    }

    /// `*-*-01`, without the year `*-01`, and with `~` before days from the end of the month.
    private mutating func readDate(_ word: Substring) throws(NotUnderstood) {
        let ends = word.split(separator: "~", omittingEmptySubsequences: false)
        daysFromEnd = ends.count == 2
        var parts = ends[0].split(separator: "-", omittingEmptySubsequences: false)
        if daysFromEnd { parts.append(ends[1]) }
        guard ends.count < 3, parts.count == 2 || parts.count == 3 else {
            throw NotUnderstood(why: "\"\(word)\" is neither a date (*-*-*) nor a time (03:00)")
        }
        if parts.count == 3 { years = try CalendarText(parts.removeFirst(), .year).field }
        months = try CalendarText(parts[0], .month).field
        days = try CalendarText(parts[1], daysFromEnd ? .dayFromEnd : .day).field
        if days == .any { daysFromEnd = false }
    }

    private mutating func readTime(_ word: Substring) throws(NotUnderstood) {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else {
            throw NotUnderstood(
                why: "\"\(word)\" is not a time of day such as 03:00 or 23:30:15"
            )
        }
        hours = try CalendarText(parts[0], .hour).field
        minutes = try CalendarText(parts[1], .minute).field
        if parts.count == 3 { seconds = try CalendarText(parts[2], .second).field }
    }

    /// Seconds since 1970: one instant in UTC.
    private mutating func readInstant(_ digits: Substring) throws(NotUnderstood) {
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let seconds = Int64(digits),
            seconds <= 7_258_118_399
        else { throw NotUnderstood(why: "\"@\(digits)\" is not \"@\" and seconds since 1970") }
        let (day, time) = TimeZoneRules.utc.microsecondOfDay(of: Instant(seconds: seconds))
        zone = .utc
        let civil = day.civil
        (years, months, days) = (
            CalendarField(civil.year), CalendarField(civil.month), CalendarField(civil.day)
        )
        hours = CalendarField(time / OnCalendar.hour)
        minutes = CalendarField(time / OnCalendar.minute % 60)
        self.seconds = CalendarField(time % OnCalendar.minute)
    }
}

extension Day {
    static let epoch = Day(number: 0)
}
