import Domain

/// The keys of `[[jobs]]`.
extension SettingTables {
    static let jobName = SettingKey(
        "name",
        .text(.name),
        .error,
        example: "\"monthly\"",
        "The job's name, TENANT/JOB in commands."
    )
    static let jobKind = SettingKey(
        "job",
        .text(.choice(JobKind.allCases.map(\.rawValue))),
        .value("\"train_prediction\""),
        "What it does: train, prediction or train_prediction."
    )
    static let timePeriod = SettingKey(
        "time_period",
        .text(.period),
        .error,
        example: "\"month\"",
        "The span of a forecast: week, 2*week, month, 2*month, quarter, 6*month, year or "
            + "\"45 days\"."
    )
    static let horizons = SettingKey(
        "horizons",
        .texts(.period),
        .means("the time_period alone"),
        example: "[\"month\", \"quarter\", \"year\"]",
        "How far ahead to forecast."
    )
    static let orderCount = SettingKey(
        "order_count",
        .integer(1...1000),
        .means("chosen from the data"),
        example: "15",
        "How many of a customer's purchases sequence models look at; none of today's models is one."
    )
    static let schedule = SettingKey(
        "schedule",
        .textOrTexts(.schedule),
        .value("\"*-*-* 03:00\""),
        "When freshness is checked, in the tenant's time zone or one named at the end, as "
            + "systemd.time(7) writes calendar events; several are a union, [] is by hand."
    )
    static let maxModelAge = SettingKey(
        "max_model_age",
        .text(.period),
        .means("the time_period"),
        example: "\"month\"",
        "How old a model may get before it is fitted anew."
    )
    static let models = SettingKey(
        "models",
        .textOrTexts(.model),
        .value("\"auto\""),
        "The models to fit, or \"auto\"; clvd-tenant(5) lists them."
    )
    static let priors = SettingKey(
        "priors",
        .text(.choice(Priors.allCases.map(\.rawValue))),
        .value("\"weak\""),
        "What a fit expects before the data: a little (weak), or nothing, as in the literature (none)."
    )
    static let season = SettingKey(
        "season",
        .text(.choice(SeasonChoice.allCases.map(\.rawValue))),
        .value("\"auto\""),
        "Whether busy and quiet times of the year count: when two years of history show them (auto), or none."
    )
    static let grossMargin = SettingKey(
        "gross_margin",
        .number(0...1),
        .value("1.0"),
        "The part of the spend that counts as value."
    )
    static let annualDiscountRate = SettingKey(
        "annual_discount_rate",
        .number(0...1),
        .value("0.0"),
        "How much less a year makes future value worth; 0.1 is 10 %."
    )
    static let segments = SettingKey(
        "segments",
        .text(.choice(SegmentMap.allCases.map(\.rawValue))),
        .value("\"score\""),
        "Segments by the sum of the scores (score), or recency by frequency and money (grid)."
    )
    static let valueLevels = SettingKey(
        "clv_levels",
        .ascendingNumbers(ValueLevel.allCases.count - 1),
        .means("the quartiles of expected_value"),
        example: "[100.0, 500.0, 2000.0]",
        "The expected values above which the levels Mid, High and Top begin."
    )
    static let includeActual = SettingKey(
        "include_actual",
        .boolean,
        .value("false"),
        "Whether the view results has the past purchase days too, as data_type actual; they are "
            + "published anew with each forecast."
    )
    static let rejectedRowsKept = SettingKey(
        "rejected_rows_kept",
        .integer(0...1_000_000),
        .value("10000"),
        "How many rejected rows of a run are kept; all are counted."
    )
    static let maxTotalShift = SettingKey(
        "max_total_shift",
        .number(0.01...1000),
        .value("2.0"),
        "How far totals and customers may move from one publication to the next before it is "
            + "refused: 2.0 is three times as much, or a third."
    )
    static let maxCustomerLoss = SettingKey(
        "max_customer_loss",
        .number(0.01...1),
        .value("0.5"),
        "Which part of its customers a publication may lack beside the one before, before it is "
            + "refused: 0.5 is half of them, 1.0 lets any number go."
    )
    static let keepPublications = SettingKey(
        "keep_publications",
        .integer(1...100),
        .value("3"),
        "How many publications are kept to go back to."
    )
    static let scoredPublications = SettingKey(
        "scored_publications",
        .integer(0...60),
        .value("4"),
        "How many publications of each horizon stay, evenly apart, until it has passed and they are "
            + "scored in realised_metrics; each is a table of all customers."
    )
    static let keepHistory = SettingKey(
        "keep_history",
        .text(.period),
        .value("\"400 days\""),
        "How long the tables runs, publications and realised_metrics remember what is over."
    )
    static let keepRejectedRows = SettingKey(
        "keep_rejected_rows",
        .text(.period),
        .value("\"month\""),
        "How long rejected rows stay."
    )
    package static let job = SettingTable(
        header: "[[jobs]]",
        keys: [
            jobName, jobKind, timePeriod, horizons, orderCount, schedule, maxModelAge, models,
            priors, season, grossMargin, annualDiscountRate, segments, valueLevels,
            includeActual, rejectedRowsKept, keepPublications, scoredPublications, keepHistory,
            keepRejectedRows, maxTotalShift, maxCustomerLoss,
        ] + scheduleKeys,
        documentation: "A forecast that the tenant wants; a tenant has one or more."
    )
}
