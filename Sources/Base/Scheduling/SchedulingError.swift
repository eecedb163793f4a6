package import Domain

/// What can be wrong with a time zone's name or file, or with a schedule.
package enum SchedulingError: Problem, Hashable {
    case unknownZone(String)
    case unreadableZone(String, cause: String)
    case damagedZone(String, why: String)
    case badSchedule(String, why: String)
    case badBlackout(String, why: String)
    case badCron(String, why: String)

    package var code: String {
        switch self {
        case .unknownZone: "unknown_time_zone"
        case .unreadableZone: "unreadable_time_zone"
        case .damagedZone: "damaged_time_zone"
        case .badSchedule: "bad_schedule"
        case .badBlackout: "bad_blackout"
        case .badCron: "bad_cron"
        }
    }

    package var message: String {
        switch self {
        case .unknownZone(let name): "time zone \"\(name)\" does not exist"
        case .unreadableZone(let name, _): "could not read time zone \"\(name)\""
        case .damagedZone(let name, _): "cannot use the file of time zone \"\(name)\""
        case .badSchedule(let text, let why): "cannot understand schedule \"\(text)\": \(why)"
        case .badBlackout(let text, let why):
            "cannot understand blackout window \"\(text)\": \(why)"
        case .badCron(let text, let why): "cannot understand cron line \"\(text)\": \(why)"
        }
    }

    package var cause: String? {
        switch self {
        case .unknownZone, .badSchedule, .badBlackout, .badCron: nil
        case .unreadableZone(_, let cause): cause
        case .damagedZone(_, let why): why
        }
    }

    package var fix: String? {
        switch self {
        case .unknownZone:
            "use a name such as \"Europe/Berlin\"; `timedatectl list-timezones` lists them"
        case .unreadableZone, .damagedZone:
            "install the system's time zones again: apt-get install --reinstall tzdata"
        case .badSchedule:
            "understood is what systemd.time(7) calls calendar events, such as \"daily\", "
                + "\"Mon..Fri 03:00\", \"*-*-01,15 03:00\", \"*-*~1 03:00\" and \"*:0/15\""
        case .badBlackout:
            "write it as days, times or both: \"22:00..06:00\", \"Sat,Sun\", "
                + "\"*-12-24..26 00:00..24:00\""
        case .badCron: "write minute hour day month weekday, such as \"0 3 * * mon-fri\""
        }
    }

    package var failureClass: FailureClass { .configuration }
}
