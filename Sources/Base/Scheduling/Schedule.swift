package import Domain

/// When a job is due: any of several expressions, less the excluded ones; and when that starts,
/// which is later by the job's jitter and never inside a blackout window.
package struct Schedule: Hashable, Sendable {
    package var zone: TimeZoneRules
    package var expressions: [OnCalendar]
    /// What they name is not due; one without a time names whole days.
    package var excluded: [OnCalendar]
    package var blackouts: [BlackoutWindow]
    /// How much later than due it starts: always the same for the same job and machine.
    package var jitterSeconds: Double

    package init(
        _ expressions: [OnCalendar] = [],
        excluding excluded: [OnCalendar] = [],
        blackouts: [BlackoutWindow] = [],
        jitterSeconds: Double = 0,
        in zone: TimeZoneRules
    ) {
        self.zone = zone
        self.expressions = expressions
        self.excluded = excluded
        self.blackouts = blackouts
        self.jitterSeconds = jitterSeconds
    }

    /// So many excluded times or blackouts in a row mean that nothing is left: decades of days.
    private static let longestSearch = 20_000

    /// The first due instant after another; nil when there is none.
    package func due(after instant: Instant) -> Instant? {
        var instant = instant
        for _ in 0..<Schedule.longestSearch {
            guard let due = expressions.next(after: instant, in: zone) else { return nil }
            guard let end = endOfExclusion(due) else { return due }
            instant = end
        }
        return nil
    }

    /// When the look that is due at an instant starts; nil when blackouts leave no moment for it.
    package func start(ofDue due: Instant) -> Instant? { outOfBlackout(due + jitterSeconds) }

    /// When looks start after an instant, `count` at most.
    package func starts(after instant: Instant, count: Int) -> [Instant] {
        // What was due before may start later, by jitter or after a blackout.
        let before = lastDue(from: instant + -2 * 86_400, to: instant)
        let late = before.flatMap(start(ofDue:)).map { $0 > instant ? [$0] : [] } ?? []
        return late.prefix(count)
            + starts(afterDue: instant, laterThan: late.first ?? instant, count: count - late.count)
    }

    /// When the looks of due times after `due` start; those that a blackout puts off to one moment
    /// start together.
    package func starts(afterDue due: Instant, laterThan last: Instant, count: Int) -> [Instant] {
        var (due, last, starts) = (due, last, [Instant]())
        while starts.count < count, let next = self.due(after: due) {
            due = next
            guard let start = start(ofDue: next) else { break }
            if start > last {
                starts.append(start)
                last = start
            }
        }
        return starts
    }

    /// The first moment from `instant` on that is in no blackout window.
    package func outOfBlackout(_ instant: Instant) -> Instant? {
        var instant = instant
        for _ in 0..<Schedule.longestSearch {
            guard let window = blackouts.first(where: { $0.holds(at: instant, in: zone) }) else {
                return instant
            }
            instant = window.end(after: instant, in: zone)
        }
        return nil
    }

    /// The last due instant of `earliest...latest`.
    package func lastDue(from earliest: Instant, to latest: Instant) -> Instant? {
        // Steps back grow, so that a schedule of many times a day is not walked for days.
        for span in [60.0, 3600, 86_400, 32 * 86_400, .infinity] {
            let isWhole = latest - earliest <= span
            let start = isWhole ? earliest : latest + -span
            var found: Instant?
            var cursor = Instant(microseconds: start.microseconds - 1)
            while let due = due(after: cursor), due <= latest { (found, cursor) = (due, due) }
            if found != nil || isWhole { return found }
        }
        return nil
    }

    /// The first due instant of `earliest...latest`.
    func firstDue(from earliest: Instant, to latest: Instant) -> Instant? {
        due(after: Instant(microseconds: earliest.microseconds - 1)).flatMap {
            $0 <= latest ? $0 : nil
        }
    }

    /// How many due instants `earliest...latest` has, if not more than `limit`.
    func dueCount(from earliest: Instant, to latest: Instant, upTo limit: Int) -> Int {
        var count = 0
        var cursor = Instant(microseconds: earliest.microseconds - 1)
        while count < limit, let due = due(after: cursor), due <= latest {
            (count, cursor) = (count + 1, due)
        }
        return count
    }

    /// The last moment that an excluded expression covers from this due instant on.
    private func endOfExclusion(_ due: Instant) -> Instant? {
        for expression in excluded {
            guard expression.isWholeDay else {
                let before = Instant(microseconds: due.microseconds - 1)
                if expression.next(after: before, in: zone) == due { return due }
                continue
            }
            let zone = expression.zone ?? zone
            let day = zone.day(of: due)
            guard expression.contains(day) else { continue }
            let end = zone.instant(of: day + 1, secondOfDay: 0)
            return Instant(microseconds: max(due, end + -1e-6).microseconds)
        }
        return nil
    }
}
