package import Domain

/// A calendar expression of systemd: `Mon..Fri *-*-* 03:00 Europe/Berlin`, `hourly`, `*-*~1`.
///
/// An expression that names all hours comes by the clock, in every real hour. Any other has fixed
/// times: each comes exactly once on every civil day that it names, through all clock changes. A
/// time that is skipped comes at the first instant after the gap, one that is repeated on its first
/// pass.
package struct OnCalendar: Hashable, Sendable {
    /// As it was written.
    package let text: String
    /// The zone that it names itself.
    package var zone: TimeZoneRules?
    /// Monday is 0.
    var weekdays = NumberSet(0...6)
    var years = CalendarField.any
    var months = CalendarField.any
    /// Of the month.
    var days = CalendarField.any
    /// The days count from the end of the month.
    var daysFromEnd = false
    var hours = CalendarField(0)
    var minutes = CalendarField(0)
    /// In microseconds.
    var seconds = CalendarField(0)
    /// No time was written.
    var isWholeDay = false

    init(text: String) { self.text = text }

    static let yearRange = 1970...2199
    static let second = 1_000_000
    static let minute = 60 * second
    static let hour = 60 * minute
    static let day = 24 * hour

    /// Whether every hour of the clock is meant.
    var isHourly: Bool { hours.holdsAll(of: 0...23) }

    package func contains(_ day: Day) -> Bool { self.day(atLeast: day) == day }

    /// The first due instant after `instant`; nil when there is none.
    ///
    /// The expression's own zone goes before `zone`.
    package func next(after instant: Instant, in zone: TimeZoneRules) -> Instant? {
        next(after: instant, in: zone, except: Exclusions([], in: zone))
    }

    func next(
        after instant: Instant,
        in zone: TimeZoneRules,
        except exclusions: Exclusions
    ) -> Instant? {
        let zone = self.zone ?? zone
        guard isHourly else { return nextFixed(instant, zone, exclusions) }
        var instant = instant
        for _ in 0..<Exclusions.longestSearch {
            guard let due = nextByClock(instant, zone) else { return nil }
            guard let end = exclusions.end(from: due) else { return due }
            instant = end
        }
        return nil
    }

    // MARK: Civil days and times

    /// The first day of the expression that is not before `day`.
    func day(atLeast day: Day) -> Day? {
        var (year, month, date) = day.civil
        while let foundYear = years.first(atLeast: year, in: OnCalendar.yearRange) {
            if foundYear > year { (year, month, date) = (foundYear, 1, 1) }
            while let foundMonth = months.first(atLeast: month, in: 1...12) {
                if foundMonth > month { (month, date) = (foundMonth, 1) }
                if let found = self.day(inMonth: month, of: year, atLeast: date) { return found }
                (month, date) = (month + 1, 1)
            }
            (year, month, date) = (year + 1, 1, 1)
        }
        return nil
    }

    private func day(inMonth month: Int, of year: Int, atLeast date: Int) -> Day? {
        let length = Day.length(ofMonth: month, year: year)
        let field = daysFromEnd ? days.counted(fromEndOf: length) : days
        var date = date
        while let found = field.first(atLeast: date, in: 1...length) {
            if let day = Day(year: year, month: month, day: found), weekdays.contains(day.weekday) {
                return day
            }
            date = found + 1
        }
        return nil
    }

    /// The first time of day, in microseconds, that is not before `time`.
    func time(atLeast time: Int) -> Int? {
        let (hour, minute) = (time / OnCalendar.hour, time / OnCalendar.minute % 60)
        let second = time % OnCalendar.minute
        guard let foundHour = hours.first(atLeast: hour, in: 0...23) else { return nil }
        if foundHour > hour { return self.time(inHour: foundHour, 0, 0) }
        if let found = self.time(inHour: hour, minute, second) { return found }
        guard let next = hours.first(atLeast: hour + 1, in: 0...23) else { return nil }
        return self.time(inHour: next, 0, 0)
    }

    private func time(inHour hour: Int, _ minute: Int, _ second: Int) -> Int? {
        let inMinute = 0...(OnCalendar.minute - 1)
        guard let found = minutes.first(atLeast: minute, in: 0...59) else { return nil }
        let earliest = found > minute ? 0 : second
        if let second = seconds.first(atLeast: earliest, in: inMinute) {
            return hour * OnCalendar.hour + found * OnCalendar.minute + second
        }
        guard let next = minutes.first(atLeast: found + 1, in: 0...59),
            let second = seconds.first(atLeast: 0, in: inMinute)
        else { return nil }
        return hour * OnCalendar.hour + next * OnCalendar.minute + second
    }
}

/// From civil time to instants.
extension OnCalendar {
    private func nextFixed(
        _ instant: Instant,
        _ zone: TimeZoneRules,
        _ exclusions: Exclusions
    ) -> Instant? {
        var (day, time) = zone.microsecondOfDay(of: instant)
        var left = Exclusions.longestSearch
        while let found = self.day(atLeast: day) {
            if found > day { (day, time) = (found, 0) }
            if zone.exists(day), !exclusions.hold(day, of: zone) {
                // In the second pass of a repeated hour the times before its end are over.
                while let next = self.time(atLeast: time) {
                    let due = zone.instant(of: day, microsecondOfDay: next)
                    if due > instant {
                        if !exclusions.hold(day, next, of: zone, due: due) { return due }
                        left -= 1
                        if left == 0 { return nil }
                    }
                    time = next + 1
                }
            }
            (day, time) = (day + 1, 0)
        }
        return nil
    }

    private func nextByClock(_ instant: Instant, _ zone: TimeZoneRules) -> Instant? {
        var earliest = instant.microseconds + 1
        while true {
            let period = zone.period(at: Instant(microseconds: earliest))
            let offset = Int64(period.offset) * 1_000_000
            guard let local = self.local(atLeast: earliest + offset) else { return nil }
            let end = period.end == .max ? Int64.max : period.end * 1_000_000
            if local - offset < end { return Instant(microseconds: local - offset) }
            // Nothing comes before `local`, whatever the offset will be by then.
            let longest = Int64(PosixZoneRule.longestOffset) * 1_000_000
            earliest = max(end, local - longest)
        }
    }

    /// The first civil time, in microseconds since 1970, that is not before another.
    private func local(atLeast local: Int64) -> Int64? {
        let start = Instant(microseconds: local).utcDay
        guard var day = day(atLeast: start) else { return nil }
        var time = day == start ? Int(local - Int64(start.number) * Int64(OnCalendar.day)) : 0
        while true {
            if let found = self.time(atLeast: time) {
                return Int64(day.number) * Int64(OnCalendar.day) + Int64(found)
            }
            guard let next = self.day(atLeast: day + 1) else { return nil }
            (day, time) = (next, 0)
        }
    }
}

extension [OnCalendar] {
    /// The first due instant of any of them.
    func next(
        after instant: Instant,
        in zone: TimeZoneRules,
        except exclusions: Exclusions
    ) -> Instant? {
        compactMap { $0.next(after: instant, in: zone, except: exclusions) }.min()
    }
}

extension OnCalendar: CustomStringConvertible {
    package var description: String { text }
}

extension TimeZoneRules {
    /// The civil day, and the microseconds since its midnight as the clock on the wall counts them.
    func microsecondOfDay(of instant: Instant) -> (day: Day, time: Int) {
        let local = localTime(of: instant)
        let fraction = Int(instant.microseconds - instant.seconds * 1_000_000)
        return (local.day, local.secondOfDay * 1_000_000 + fraction)
    }

    func instant(of day: Day, microsecondOfDay time: Int) -> Instant {
        let whole = instant(of: day, secondOfDay: time / 1_000_000)
        let fraction = time % 1_000_000
        guard fraction > 0, localTime(of: whole).secondOfDay == time / 1_000_000 else {
            return whole
        }
        return Instant(microseconds: whole.microseconds + Int64(fraction))
    }
}
