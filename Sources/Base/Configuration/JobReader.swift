import Domain
import Scheduling

/// Reads one `[[jobs]]` table.
enum JobReader {
    private typealias Keys = SettingTables

    /// The time of the daily look at freshness when the job names no schedule.
    static let defaultSchedule = "*-*-* 03:00"

    /// Nil when the name or the time_period cannot be used.
    static func read(_ reader: TableReader, _ report: inout Report) -> JobSettings? {
        let name = reader.text(Keys.jobName, &report)
        let kind = reader.text(Keys.jobKind, &report).flatMap { JobKind(rawValue: $0) }
        let period = reader.text(Keys.timePeriod, &report).flatMap { TimePeriod($0) }
        let horizons = horizons(reader, &report)
        let orderCount = reader.integer(Keys.orderCount, &report)
        let schedule = reader.texts(Keys.schedule, &report)?.map(\.text)
        let age = reader.text(Keys.maxModelAge, &report).flatMap { TimePeriod($0) }
        let models = models(reader, &report)
        let priors = reader.text(Keys.priors, &report).flatMap { Priors(rawValue: $0) }
        let season = reader.text(Keys.season, &report).flatMap { SeasonChoice(rawValue: $0) }
        let margin = reader.number(Keys.grossMargin, &report)
        let rate = reader.number(Keys.annualDiscountRate, &report)
        let segments = reader.text(Keys.segments, &report).flatMap { SegmentMap(rawValue: $0) }
        let levels = reader.ascendingNumbers(Keys.valueLevels, &report)
        let actual = reader.boolean(Keys.includeActual, &report)
        let rejected = reader.integer(Keys.rejectedRowsKept, &report)
        let publications = reader.integer(Keys.keepPublications, &report)
        let scored = reader.integer(Keys.scoredPublications, &report)
        let history = reader.text(Keys.keepHistory, &report).flatMap { TimePeriod($0) }
        let rejectedAge = reader.text(Keys.keepRejectedRows, &report).flatMap { TimePeriod($0) }
        let shift = reader.number(Keys.maxTotalShift, &report)
        let loss = reader.number(Keys.maxCustomerLoss, &report)
        let timing = timing(reader, &report)
        guard let name, let period else { return nil }
        var job = JobSettings(name: name, timePeriod: period)
        job.kind = kind ?? job.kind
        job.horizons = horizons ?? job.horizons
        job.orderCount = orderCount
        job.schedule = schedule ?? [defaultSchedule]
        job.maxModelAge = age ?? job.maxModelAge
        job.models = models ?? job.models
        job.priors = priors ?? job.priors
        job.season = season ?? job.season
        job.grossMargin = margin ?? job.grossMargin
        job.annualDiscountRate = rate ?? job.annualDiscountRate
        job.segments = segments ?? job.segments
        job.valueLevels = levels
        job.includeActual = actual ?? job.includeActual
        job.rejectedRowsKept = rejected ?? job.rejectedRowsKept
        job.keepPublications = publications ?? job.keepPublications
        job.scoredPublications = scored ?? job.scoredPublications
        job.historyDays = history?.days ?? job.historyDays
        job.rejectedDays = rejectedAge?.days ?? job.rejectedDays
        job.maxTotalShift = shift ?? job.maxTotalShift
        job.maxCustomerLoss = loss ?? job.maxCustomerLoss
        job.timing = timing
        return job
    }

    /// When and how its runs may go on.
    private static func timing(_ reader: TableReader, _ report: inout Report) -> TimingSettings {
        func seconds(_ key: SettingKey) -> Int? {
            reader.text(key, &report).flatMap { DurationText($0)?.seconds }
        }
        var timing = TimingSettings()
        timing.excluded = reader.texts(Keys.excludeCalendar, &report)?.map(\.text) ?? []
        timing.blackouts = reader.texts(Keys.blackout, &report)?.map(\.text) ?? []
        timing.jitter = seconds(Keys.jitter) ?? timing.jitter
        timing.catchUp =
            reader.text(Keys.catchUp, &report).flatMap { CatchUp(rawValue: $0) } ?? timing.catchUp
        timing.catchUpWindow = seconds(Keys.catchUpWindow) ?? timing.catchUpWindow
        timing.overlap =
            reader.text(Keys.overlap, &report).flatMap { Overlap(rawValue: $0) } ?? timing.overlap
        let soft = seconds(Keys.softTimeout)
        timing.hardTimeout = seconds(Keys.hardTimeout)
        timing.softTimeout = soft ?? min(timing.softTimeout, timing.hardTimeout ?? .max)
        timing.memoryLimit = reader.text(Keys.memoryLimit, &report)
            .flatMap { SizeText($0)?.bytes }
        timing.threads = reader.integer(Keys.threads, &report)
        timing.outOfMemoryScore =
            reader.integer(Keys.outOfMemoryScore, &report) ?? timing.outOfMemoryScore
        timing.maxNewPurchases = reader.integer(Keys.maxNewPurchases, &report)
        timing.maxNewCustomers = reader.integer(Keys.maxNewCustomers, &report)
        timing.maxDataAge = reader.text(Keys.maxDataAge, &report).flatMap { TimePeriod($0) }
        timing.maxDrift = reader.number(Keys.maxDrift, &report) ?? timing.maxDrift
        if let soft, let hard = timing.hardTimeout, hard < soft {
            report.add(
                .cannotUse(
                    "a hard_timeout below the soft_timeout",
                    "hard_timeout",
                    expected: "the same or longer",
                    fix: "leave out hard_timeout"
                ),
                at: reader.place(of: Keys.hardTimeout)
            )
        }
        return timing
    }

    /// Not empty, and each length once: the tables are keyed by its days.
    private static func horizons(
        _ reader: TableReader,
        _ report: inout Report
    ) -> [TimePeriod]? {
        guard let texts = reader.texts(Keys.horizons, &report) else { return nil }
        if texts.isEmpty, isEmptyList(Keys.horizons, reader) {
            report.add(
                .cannotUse(
                    "an empty list",
                    "horizons",
                    expected: "one time period or more",
                    fix: "remove it: then it is the time_period alone"
                ),
                at: reader.place(of: Keys.horizons)
            )
        }
        var horizons: [TimePeriod] = []
        for (text, place) in texts {
            guard let horizon = TimePeriod(text) else { continue }
            if let same = horizons.first(where: { $0.days == horizon.days }) {
                let summary = "horizon \"\(text)\" is as long as \"\(same.name)\""
                report.add(
                    Report.Complaint(
                        code: .duplicate,
                        summary: summary,
                        expected: "expected: each length once",
                        fix: "remove one of them"
                    ),
                    at: place
                )
            }
            horizons.append(horizon)
        }
        return horizons
    }

    /// `"auto"` is an empty list here.
    private static func models(_ reader: TableReader, _ report: inout Report) -> [String]? {
        guard let texts = reader.texts(Keys.models, &report) else { return nil }
        if texts.isEmpty, isEmptyList(Keys.models, reader) {
            report.add(
                .cannotUse(
                    "an empty list",
                    "models",
                    expected: "\"auto\" or names of models",
                    fix: "models = \"auto\""
                ),
                at: reader.place(of: Keys.models)
            )
        }
        var models: [String] = []
        for (text, place) in texts {
            if text == "auto", texts.count > 1 {
                report.add(
                    Report.Complaint(
                        code: .contradiction,
                        summary: "\"auto\" stands among names of models",
                        expected: "expected: \"auto\" alone, or names alone",
                        fix: "models = \"auto\""
                    ),
                    at: place
                )
            } else if models.contains(text) {
                report.add(
                    Report.Complaint(
                        code: .duplicate,
                        summary: "model \"\(text)\" is named twice",
                        expected: "expected: each model once",
                        fix: "remove one of them"
                    ),
                    at: place
                )
            }
            if text != "auto" { models.append(text) }
        }
        if !models.isEmpty, models.allSatisfy(ModelName.names.contains),
            !ModelName.hasPurchases(models)
        {
            report.add(
                Report.Complaint(
                    code: .impossibleValue,
                    summary: ModelName.noPurchases,
                    expected: "expected: \"auto\", or names with one of a model of purchases",
                    fix: ModelName.addPurchases
                ),
                at: reader.place(of: Keys.models)
            )
        }
        return models
    }

    /// False when elements were left out because they could not be used.
    private static func isEmptyList(_ key: SettingKey, _ reader: TableReader) -> Bool {
        guard case .array(let elements) = reader[key]?.node.value else { return false }
        return elements.isEmpty
    }
}
