import Domain

/// Instants as people near this machine read them: `today 03:12`.
struct LocalTime {
    let now: Instant
    /// Seconds that local time is ahead of UTC.
    let offset: (Instant) -> Int

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// `today 03:12`, `Wed 03:08`, `12 Nov 03:08`, `12 Nov 2025`.
    func near(_ instant: Instant) -> String {
        let (day, clock) = split(instant)
        let distance = day - split(now).day
        let (year, month, date) = day.civil
        switch distance {
        case 0: return "today \(clock)"
        case 1: return "tomorrow \(clock)"
        case -1: return "yesterday \(clock)"
        case -6...6: return "\(LocalTime.weekdays[day.weekday]) \(clock)"
        default:
            let name = "\(date) \(LocalTime.months[month - 1])"
            return year == split(now).day.civil.year ? "\(name) \(clock)" : "\(name) \(year)"
        }
    }

    /// `2026-11-20 03:12:40`.
    func full(_ instant: Instant) -> String {
        let shifted = instant + Double(offset(instant))
        return String(shifted.wholeSeconds.dropLast().map { $0 == "T" ? " " : $0 })
    }

    /// `03:12:40`.
    func clock(_ instant: Instant) -> String { String(full(instant).dropFirst(11)) }

    private func split(_ instant: Instant) -> (day: Day, clock: String) {
        let shifted = instant + Double(offset(instant))
        return (shifted.utcDay, String(shifted.wholeSeconds.dropFirst(11).prefix(5)))
    }
}
