import Domain

/// The times of a schedule that do not count, by the clock on the wall: `02:45` on a day that skips
/// it is not the 03:00 that other times come at.
struct Exclusions {
    private let calendars: [OnCalendar]
    /// Of calendars that name none.
    private let zone: TimeZoneRules
    /// So many excluded times in a row mean that nothing is left.
    static let longestSearch = 100_000

    init(_ calendars: [OnCalendar], in zone: TimeZoneRules) {
        self.calendars = calendars
        self.zone = zone
    }

    /// Whether a whole day of a zone does not count.
    func hold(_ day: Day, of other: TimeZoneRules) -> Bool {
        calendars.contains { $0.isWholeDay && ($0.zone ?? zone) == other && $0.contains(day) }
    }

    /// Whether a time of a zone, in microseconds of the day, does not count; `due` is its instant.
    func hold(_ day: Day, _ time: Int, of other: TimeZoneRules, due: Instant) -> Bool {
        calendars.contains { calendar in
            let own = calendar.zone ?? zone
            let (day, time) = own == other ? (day, time) : own.microsecondOfDay(of: due)
            return calendar.names(day, time)
        }
    }

    /// The last instant that does not count from this one on; nil when it counts.
    func end(from due: Instant) -> Instant? {
        for calendar in calendars {
            let zone = calendar.zone ?? zone
            let (day, time) = zone.microsecondOfDay(of: due)
            guard calendar.names(day, time) else { continue }
            guard calendar.isWholeDay else { return due }
            let end = zone.instant(of: day + 1, secondOfDay: 0)
            return max(due, Instant(microseconds: end.microseconds - 1))
        }
        return nil
    }
}

extension OnCalendar {
    /// Whether it is meant: one without a time means the whole day.
    fileprivate func names(_ day: Day, _ time: Int) -> Bool {
        contains(day) && (isWholeDay || self.time(atLeast: time) == time)
    }
}
