package import Domain

/// A fixed time of day on certain civil days, in the syntax of systemd's OnCalendar.
///
/// It comes exactly once on every civil day that it names, through all clock changes: a day whose
/// time is skipped has it at the first instant after the gap, one whose time is repeated has it
/// on the first pass.
package struct OnCalendar: Hashable, Sendable {
    /// As it was written.
    package let text: String
    /// Monday is 0.
    var weekdays = NumberSet(0...6)
    var months = NumberSet(1...12)
    /// Of the month.
    var days = NumberSet(1...31)
    var secondOfDay = 0

    /// The Gregorian calendar's weekdays and leap days repeat within this many years, so an
    /// expression without a day in them has none.
    private static let searchedDays = 41 * 366

    package func contains(_ day: Day) -> Bool {
        let (_, month, date) = day.civil
        return weekdays.contains(day.weekday) && months.contains(month) && days.contains(date)
    }

    /// The first due instant after `instant`; nil when no such day exists.
    package func next(after instant: Instant, in zone: TimeZoneRules) -> Instant? {
        // An earlier day's instant is over, even when a gap at its end pushed it to midnight.
        let first = zone.day(of: instant)
        for number in 0...OnCalendar.searchedDays {
            let day = first + number
            guard contains(day) else { continue }
            let due = zone.instant(of: day, secondOfDay: secondOfDay)
            if due > instant, zone.exists(day) { return due }
        }
        return nil
    }
}

extension [OnCalendar] {
    /// The first due instant of any of them.
    package func next(after instant: Instant, in zone: TimeZoneRules) -> Instant? {
        compactMap { $0.next(after: instant, in: zone) }.min()
    }
}

extension OnCalendar: CustomStringConvertible {
    package var description: String { text }
}

/// A set of numbers from 0 to 63.
struct NumberSet: Hashable, Sendable {
    private var bits: UInt64 = 0

    init() {}
    init(_ range: ClosedRange<Int>) { insert(range) }

    var isEmpty: Bool { bits == 0 }
    func contains(_ number: Int) -> Bool { bits >> UInt64(number) & 1 == 1 }
    mutating func insert(_ range: ClosedRange<Int>) {
        for number in range { bits |= 1 << UInt64(number) }
    }
}
