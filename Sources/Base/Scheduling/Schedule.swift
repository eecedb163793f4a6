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

    /// So many blackouts in a row mean that nothing is left: decades of days.
    private static let longestSearch = 20_000

    /// Of all zones that its times are told in.
    package var zoneNames: Set<String> {
        let own = (expressions + excluded).compactMap(\.zone) + blackouts.compactMap(\.zone)
        return Set([zone.name] + own.map(\.name))
    }

    /// The first due instant after another; nil when there is none.
    package func due(after instant: Instant) -> Instant? {
        expressions.next(after: instant, in: zone, except: Exclusions(excluded, in: zone))
    }

    /// When the look that is due at an instant starts; nil when blackouts leave no moment for it.
    package func start(ofDue due: Instant) -> Instant? { outOfBlackout(due + jitterSeconds) }

    /// When looks start after an instant, `count` at most.
    package func starts(after instant: Instant, count: Int) -> [Instant] {
        // What was due before may start later, by jitter or after a blackout.
        guard let free = lastFree(at: instant) else { return [] }
        let jittered = instant + -jitterSeconds
        let before = lastDue(from: free + -jitterSeconds, to: jittered)
        let late = before.flatMap(start(ofDue:)).map { $0 > instant ? [$0] : [] } ?? []
        return late.prefix(count)
            + starts(
                afterDue: jittered,
                laterThan: late.first ?? instant,
                count: count - late.count
            )
    }

    /// A moment at or before `instant` that is in no blackout; nil when blackouts leave none.
    ///
    /// What is due earlier than that, less the jitter, starts by then.
    func lastFree(at instant: Instant) -> Instant? {
        var step = 0.0
        while step < 30 * 365 * 86_400 {
            guard let free = outOfBlackout(instant + -step) else { return nil }
            if free <= instant { return free }
            step = max(3600, 2 * step)
        }
        return nil
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
}
