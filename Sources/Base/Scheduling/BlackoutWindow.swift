import Domain

/// A time in which nothing starts: `22:00..06:00`, `Sat,Sun`, `*-12-24..26 00:00..24:00`.
///
/// It holds by the clock on the wall: a repeated hour is inside on both passes. One that ends before
/// its beginning ends on the next day.
package struct BlackoutWindow: Hashable, Sendable {
    /// As it was written.
    package let text: String
    private let days: OnCalendar
    /// Seconds of the day.
    private let start: Int
    /// Up to 86,400; less than `start` when it belongs to the next day.
    private let end: Int

    private var isOverMidnight: Bool { end < start }

    /// The zone that it names itself.
    var zone: TimeZoneRules? { days.zone }

    /// Whether the window holds at a moment.
    func holds(at instant: Instant, in zone: TimeZoneRules) -> Bool {
        let local = (days.zone ?? zone).localTime(of: instant)
        let time = local.secondOfDay
        guard isOverMidnight else {
            return (start..<end).contains(time) && days.contains(local.day)
        }
        return time >= start && days.contains(local.day)
            || time < end && days.contains(local.day - 1)
    }

    /// The first moment after `instant`, which is inside, at which the clock may show the end.
    func end(after instant: Instant, in zone: TimeZoneRules) -> Instant {
        let zone = days.zone ?? zone
        let local = zone.localTime(of: instant)
        let isEvening = isOverMidnight && local.secondOfDay >= start
        let day = local.day + (isEvening || end == 86_400 ? 1 : 0)
        let period = zone.period(at: instant)
        let seconds = Int64(day.number) * 86_400 + Int64(end == 86_400 ? 0 : end)
        // The clock may be set before; then it is looked at again from there.
        return Instant(seconds: min(seconds - Int64(period.offset), period.end))
    }
}

extension BlackoutWindow {
    /// Reads `[weekdays] [date] [HH:MM..HH:MM] [zone]`; without a time whole days.
    package init(
        _ text: String,
        zones directory: String = TimeZoneRules.systemDirectory
    ) throws(SchedulingError) {
        do {
            try self.init(parsing: text, directory)
        } catch let error as NotUnderstood {
            throw .badBlackout(text, why: error.why)
        } catch SchedulingError.badSchedule(_, let why) {
            throw .badBlackout(text, why: why)
        } catch {
            throw .badBlackout(text, why: "\(error)")
        }
    }

    private init(parsing text: String, _ directory: String) throws {
        self.text = text
        let words = text.split(separator: " ")
        guard !words.isEmpty else { throw NotUnderstood(why: "it is empty") }
        let position = words.firstIndex { $0.contains(":") }
        let before = position.map { words[..<$0] } ?? words[...]
        let after = position.map { words[($0 + 1)...] } ?? []
        let dates = before.isEmpty ? ["*-*-*"] : before
        days = try OnCalendar((dates + after).joined(separator: " "), zones: directory)
        guard days.isWholeDay else {
            throw NotUnderstood(why: "it needs two times of day, such as 22:00..06:00")
        }
        guard let position else {
            (start, end) = (0, 86_400)
            return
        }
        let ends = words[position].replacing("..", with: "-").split(
            separator: "-",
            omittingEmptySubsequences: false
        )
        guard ends.count == 2, let start = BlackoutWindow.time(ends[0]), start < 86_400,
            let end = BlackoutWindow.time(ends[1])
        else {
            throw NotUnderstood(
                why: "\"\(words[position])\" is not two times of day such as 22:00..06:00"
            )
        }
        guard start != end else {
            throw NotUnderstood(
                why: "it ends when it begins; a whole day is written 00:00..24:00, or without times"
            )
        }
        (self.start, self.end) = (start, end)
    }

    /// From 00:00 to 24:00.
    private static func time(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count),
            parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isNumber) })
        else { return nil }
        let numbers = parts.compactMap { Int($0) } + [0]
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
        guard numbers[1] < 60, numbers[2] < 60, seconds <= 86_400 else { return nil }
        return seconds
    }
}

extension BlackoutWindow: CustomStringConvertible {
    package var description: String { text }
}
