import Scheduling

/// The keys of `[[jobs]]` that say when and how a run may go on.
extension SettingTables {
    static let excludeCalendar = SettingKey(
        "exclude_calendar",
        .textOrTexts(.schedule),
        .means("nothing is excluded"),
        example: "[\"Sat,Sun\", \"*-12-24..26\"]",
        "Times of the schedule that do not count; one without a time of day excludes whole days."
    )
    static let blackout = SettingKey(
        "blackout",
        .textOrTexts(.blackout),
        .means("a run may start at any time"),
        example: "[\"Mon..Fri 08:00..18:00\", \"*-11-27..30\"]",
        "When nothing starts by itself: what is due then waits for the end."
    )
    static let jitter = SettingKey(
        "jitter",
        .text(.duration),
        .value("\"0s\""),
        "Up to how much later than due it starts; always the same for this machine and job."
    )
    static let catchUp = SettingKey(
        "catch_up",
        .text(.choice(CatchUp.allCases.map(\.rawValue))),
        .value("\"once\""),
        "What becomes of times that were missed while the machine was off: once, none or all."
    )
    static let catchUpWindow = SettingKey(
        "catch_up_window",
        .text(.duration),
        .value("\"24h\""),
        "What was missed longer ago than this is not caught up."
    )
    static let overlap = SettingKey(
        "overlap",
        .text(.choice(Overlap.allCases.map(\.rawValue))),
        .value("\"skip\""),
        "What becomes of a time at which a run of the job goes on: skip, queue or cancel_running."
    )
    static let softTimeout = SettingKey(
        "soft_timeout",
        .text(.duration),
        .value("\"6h\""),
        "A run that takes longer is asked to stop; it counts as a crash."
    )
    static let hardTimeout = SettingKey(
        "hard_timeout",
        .text(.duration),
        .means("workers.stop_timeout after the soft one"),
        example: "\"3h\"",
        "A run that takes longer is killed."
    )
    static let memoryLimit = SettingKey(
        "memory_limit",
        .text(.size),
        .means("as much as the service may have"),
        example: "\"2GiB\"",
        "How much memory a run may take; rows that need more than a sixth of it go through a file in "
            + "TMPDIR or /var/tmp, customers and their purchase days must fit."
    )
    static let threads = SettingKey(
        "threads",
        .integer(1...1024),
        .means("one for each processor"),
        example: "2",
        "How many threads a run computes on."
    )
    static let outOfMemoryScore = SettingKey(
        "oom_score_adjust",
        .integer(0...1000),
        .value("500"),
        "How readily the kernel ends a run when memory is short; higher is sooner."
    )
    static let maxNewPurchases = SettingKey(
        "max_new_purchases",
        .integer(1...1_000_000_000),
        .means("however many"),
        example: "10000",
        "Models are fitted anew after more purchase days than this came since the fit."
    )
    static let maxNewCustomers = SettingKey(
        "max_new_customers",
        .integer(1...1_000_000_000),
        .means("however many"),
        example: "1000",
        "Models are fitted anew after more customers than this came since the fit."
    )
    static let maxDataAge = SettingKey(
        "max_data_age",
        .text(.period),
        .means("however old"),
        example: "\"week\"",
        "A newest purchase longer ago than this is a warning."
    )
    static let maxDrift = SettingKey(
        "max_drift",
        .number(1...1000),
        .value("3.0"),
        "Models are fitted anew when what came since the fit lies further from their forecast than "
            + "this, in deviations of what chance and the errors of earlier dates explain; 1000 never."
    )
    static let scheduleKeys = [
        excludeCalendar, blackout, jitter, catchUp, catchUpWindow, overlap, softTimeout,
        hardTimeout, memoryLimit, threads, outOfMemoryScore, maxNewPurchases, maxNewCustomers,
        maxDataAge, maxDrift,
    ]
}
