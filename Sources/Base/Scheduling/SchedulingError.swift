package import Domain

/// What can be wrong with a time zone's name or file, or with a schedule.
package enum SchedulingError: Problem, Hashable {
    case unknownZone(String)
    case unreadableZone(String, cause: String)
    case damagedZone(String, why: String)
    case badSchedule(String, why: String)

    package var code: String {
        switch self {
        case .unknownZone: "unknown_time_zone"
        case .unreadableZone: "unreadable_time_zone"
        case .damagedZone: "damaged_time_zone"
        case .badSchedule: "bad_schedule"
        }
    }

    package var message: String {
        switch self {
        case .unknownZone(let name): "time zone \"\(name)\" does not exist"
        case .unreadableZone(let name, _): "could not read time zone \"\(name)\""
        case .damagedZone(let name, _): "cannot use the file of time zone \"\(name)\""
        case .badSchedule(let text, let why): "cannot understand schedule \"\(text)\": \(why)"
        }
    }

    package var cause: String? {
        switch self {
        case .unknownZone, .badSchedule: nil
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
            "understood are \"daily\", \"weekly\", \"monthly\", \"03:00\", \"*-*-* 03:00\", "
                + "\"*-*-01 03:00\", \"Mon,Thu 03:00\" and \"Mon..Fri *-*-* 03:00:30\""
        }
    }

    package var failureClass: FailureClass { .configuration }
}
