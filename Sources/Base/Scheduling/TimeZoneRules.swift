package import Domain

/// A civil date and time of day, as the clock on the wall of a zone shows it.
package struct LocalTime: Hashable, Sendable {
    package var day: Day
    package var secondOfDay: Int

    package init(day: Day, secondOfDay: Int) {
        self.day = day
        self.secondOfDay = secondOfDay
    }
}

/// How long an offset from UTC holds, in UTC seconds.
package struct OffsetPeriod: Hashable, Sendable {
    /// The first second; `Int64.min` when it held always.
    package var start: Int64
    /// The second after the last; `Int64.max` when it holds for ever.
    package var end: Int64
    /// Seconds east of UTC.
    package var offset: Int
}

/// The civil time of a zone, from the system's zoneinfo, for every year.
///
/// A local time that the clock skips means the first instant after the gap, one that the clock
/// shows twice means its first pass: so a job at a fixed time runs once on every civil day.
package struct TimeZoneRules: Hashable, Sendable {
    /// Where the system keeps its zones; the variable TZDIR names another place.
    package static let systemDirectory =
        ZoneFile.environmentDirectory ?? "/usr/share/zoneinfo"
    package static let utc = TimeZoneRules(
        name: "UTC",
        table: ZoneTable(transitions: [], offsets: [0], rule: nil)
    )

    /// A thousand jobs refer to one table.
    private final class Storage: Sendable {
        let name: String
        let table: ZoneTable

        init(_ name: String, _ table: ZoneTable) {
            self.name = name
            self.table = table
        }
    }

    private let storage: Storage

    package var name: String { storage.name }
    private var table: ZoneTable { storage.table }

    private init(name: String, table: ZoneTable) { storage = Storage(name, table) }

    package static func == (one: TimeZoneRules, other: TimeZoneRules) -> Bool {
        one.storage === other.storage || one.name == other.name && one.table == other.table
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }

    /// Reads a zone such as `Europe/Berlin`.
    package init(
        named name: String,
        directory: String = TimeZoneRules.systemDirectory
    ) throws(SchedulingError) {
        let bytes = try ZoneFile.bytes(of: name, in: directory)
        do {
            self.init(name: name, table: try ZoneTable(tzif: bytes))
        } catch {
            throw .damagedZone(name, why: error.why)
        }
    }

    /// The zones that the system lists for people to choose from; empty when it has no list.
    package static func listedNames(
        directory: String = TimeZoneRules.systemDirectory
    ) -> [String] {
        guard let bytes = try? ZoneFile.bytes(ofFile: "zone.tab", in: directory) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t")
            return line.hasPrefix("#") || fields.count < 3 ? nil : String(fields[2])
        }
    }

    /// The offset that holds at a moment, and for how long it holds.
    package func period(at instant: Instant) -> OffsetPeriod { period(atSecond: instant.seconds) }

    /// Seconds east of UTC.
    package func offset(at instant: Instant) -> Int { period(at: instant).offset }

    package func localTime(of instant: Instant) -> LocalTime {
        let local = Instant(seconds: instant.seconds + Int64(offset(at: instant)))
        let day = local.utcDay
        return LocalTime(day: day, secondOfDay: Int(local.seconds - Int64(day.number) * 86_400))
    }

    /// The civil day.
    package func day(of instant: Instant) -> Day { localTime(of: instant).day }

    /// The civil day before the one of `instant`: the last whose purchases can all be known.
    package func lastCompleteDay(at instant: Instant) -> Day { day(of: instant) - 1 }

    /// The moment of a local time; see the type for times that are skipped or repeated.
    package func instant(of day: Day, secondOfDay: Int) -> Instant {
        let local = Int64(day.number) * 86_400 + Int64(secondOfDay)
        // No offset is longer than the step back, so the search starts before the moment.
        var period = period(atSecond: local - Int64(PosixZoneRule.longestOffset))
        while true {
            let candidate = local - Int64(period.offset)
            if candidate < period.start { return Instant(seconds: period.start) }
            if candidate < period.end { return Instant(seconds: candidate) }
            period = self.period(atSecond: period.end)
        }
    }

    /// False for the rare day that a zone left out when it moved over the date line.
    package func exists(_ day: Day) -> Bool {
        self.day(of: instant(of: day, secondOfDay: 0)) == day
    }

    private func period(atSecond second: Int64) -> OffsetPeriod {
        let index = table.transitions.countUpTo(second)
        let start = index > 0 ? table.transitions[index - 1] : .min
        let offset = Int(table.offsets[index])
        if index < table.transitions.count {
            return OffsetPeriod(start: start, end: table.transitions[index], offset: offset)
        }
        guard let rule = table.rule else {
            return OffsetPeriod(start: start, end: .max, offset: offset)
        }
        var period = OffsetPeriod(start: start, end: .max, offset: rule.standardOffset)
        for change in rule.changes(around: second) {
            if change.at > second {
                period.end = change.at
                break
            }
            period.start = max(start, change.at)
            period.offset = change.offset
        }
        return period
    }
}

extension [Int64] {
    /// How many elements of the ascending array are at most `value`.
    fileprivate func countUpTo(_ value: Int64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
