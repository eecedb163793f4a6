package import Domain

/// Something that is known, known not to exist, or could not be found out.
package enum Fact<Value: Hashable & Sendable>: Hashable, Sendable {
    case none
    case known(Value)
    /// The check failed: the sentence says why.
    case unknown(String)
}

/// What freshness is judged by; all of it is known without asking a database.
package struct FreshnessFacts: Hashable, Sendable {
    /// The newest stored version of the job's models.
    package struct Version: Hashable, Sendable {
        /// The day of the fit, which the file's name carries.
        package var fitDay: Day
        /// The hash of query and configuration that the manifest carries.
        package var configurationHash: String
        package var programVersion: String
        /// A file fails its checksum, or the manifest cannot be read.
        package var isDamaged: Bool
        /// Which file, and what about it.
        package var damage: String?
        package var files = Files.unread
        /// As the store calls it; nil when that is not told.
        package var name: String?
        /// What the fit knew of; nil when that is not told.
        package var purchases: Int?
        package var customers: Int?

        package init(
            fitDay: Day,
            configurationHash: String,
            programVersion: String,
            isDamaged: Bool = false
        ) {
            self.fitDay = fitDay
            self.configurationHash = configurationHash
            self.programVersion = programVersion
            self.isDamaged = isDamaged
        }
    }

    /// What is known of a version's files when none is known to be damaged.
    package enum Files: Hashable, Sendable {
        /// Their checksums were right, and nobody has changed them since.
        case matching
        case unread
        /// So many bytes are left to the runs.
        case large(bytes: Int)
    }

    /// What the last look at the data told.
    package struct Data: Hashable, Sendable {
        package var facts: DataFacts
        package var lookedOn: Day

        package init(facts: DataFacts, lookedOn: Day) {
            self.facts = facts
            self.lookedOn = lookedOn
        }
    }

    /// How much may have come since the fit, and how old the newest purchase may be; nil: any.
    package struct DataLimits: Hashable, Sendable {
        package var newPurchases: Int?
        package var newCustomers: Int?
        package var dataAge: TimePeriod?

        package init(newPurchases: Int? = nil, newCustomers: Int? = nil, dataAge: TimePeriod? = nil)
        {
            self.newPurchases = newPurchases
            self.newCustomers = newCustomers
            self.dataAge = dataAge
        }
    }

    /// What a person or a program asked for at this check.
    package enum Request: Hashable, Sendable { case none, run, retrain }

    /// The job fits models (`train`, `train_prediction`).
    package var trains: Bool
    /// The job publishes forecasts (`prediction`, `train_prediction`).
    package var predicts: Bool
    /// The civil day in the tenant's zone.
    package var today: Day
    package var maxModelAge: TimePeriod
    package var configurationHash: String
    package var programVersion: String
    package var version: Fact<Version>
    /// The as-of day of the published forecast.
    package var forecastAsOf: Fact<Day>
    package var request: Request
    /// What came since the fit of that version, when a run has measured it.
    package var drift: Drift?
    package var maxDrift = Drift.usualLimit
    package var data = Fact<Data>.none
    package var limits = DataLimits()

    package init(
        trains: Bool,
        predicts: Bool,
        today: Day,
        maxModelAge: TimePeriod,
        configurationHash: String,
        programVersion: String,
        version: Fact<Version>,
        forecastAsOf: Fact<Day>,
        request: Request = .none
    ) {
        self.trains = trains
        self.predicts = predicts
        self.today = today
        self.maxModelAge = maxModelAge
        self.configurationHash = configurationHash
        self.programVersion = programVersion
        self.version = version
        self.forecastAsOf = forecastAsOf
        self.request = request
    }
}
