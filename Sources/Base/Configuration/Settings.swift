package import Domain

/// Everything the configuration says, checked and with the defaults filled in.
package struct Settings: Sendable {
    package var service: ServiceSettings
    package var tenants: [TenantSettings]

    package init(service: ServiceSettings, tenants: [TenantSettings]) {
        self.service = service
        self.tenants = tenants
    }
}

/// `clvd.toml`: what concerns the service and no tenant.
package struct ServiceSettings: Codable, Hashable, Sendable {
    /// Where models are stored.
    package var exportPath = "/var/lib/clvd/models"
    package var workers = WorkerSettings()
    package var history = HistorySettings()

    package init() {}
}

/// `[workers]`.
package struct WorkerSettings: Codable, Hashable, Sendable {
    /// How many runs may go on at once.
    package var slots = 1
    /// Of one tenant, and on one database server; nil: as many as there are slots.
    package var tenantSlots: Int?
    package var databaseSlots: Int?
    /// What the runs that go on may need together, in bytes; nil: most of the machine's memory.
    package var memory: Int?
    /// Where the worker is; nil: beside the program, then in `/usr/libexec/clvd`.
    package var program: String?
    /// Put before the worker's command line, e.g.
    ///
    /// `["srun", "--cpus-per-task=2"]`.
    package var launcher: [String] = []
    /// Seconds between asking a worker to stop and killing it.
    package var stopTimeout = 30

    package init() {}
}

/// `[history]`: what is remembered of each job's runs.
package struct HistorySettings: Codable, Hashable, Sendable {
    package var runs = 200
    package var days = 400

    package init() {}
}

/// One company whose customers are forecast.
package struct TenantSettings: Codable, Hashable, Sendable {
    package var name: String
    package var timeZone: String
    package var currency: String?
    package var source: SourceSettings
    package var destination: DestinationSettings
    package var jobs: [JobSettings]
    /// `file:line` of the tenant's table, for messages and `status`.
    package var origin: String

    package init(
        name: String,
        timeZone: String,
        currency: String?,
        source: SourceSettings,
        destination: DestinationSettings,
        jobs: [JobSettings],
        origin: String
    ) {
        self.name = name
        self.timeZone = timeZone
        self.currency = currency
        self.source = source
        self.destination = destination
        self.jobs = jobs
        self.origin = origin
    }
}

/// How to reach a database.
///
/// Secrets are only referred to.
package struct ConnectionSettings: Codable, Hashable, Sendable {
    /// A libpq connection string, e.g.
    ///
    /// `service=acme`; else the parts below.
    package var conninfo: String?
    package var server: String?
    package var port: Int?
    package var database: String?
    package var user: String?
    /// The name of a systemd credential, or a file that holds the password and is read on every
    /// connect.
    package var passwordCredential: String?
    package var passwordFile: String?

    package init() {}
}

/// The columns of a source, by the user's names.
package struct ColumnSettings: Codable, Hashable, Sendable {
    package var customer: String
    package var time: String
    package var amount: String?
    package var order: String?
    /// Columns that put purchases into groups, e.g.
    ///
    /// the channel.
    package var covariates: [String]

    /// How many of them can be used.
    package static let covariatesMax = 4

    package init(
        customer: String,
        time: String,
        amount: String?,
        order: String?,
        covariates: [String] = []
    ) {
        self.customer = customer
        self.time = time
        self.amount = amount
        self.order = order
        self.covariates = covariates
    }
}

/// `[source]`.
package struct SourceSettings: Codable, Hashable, Sendable {
    package var connection: ConnectionSettings
    /// The text of the tenant's query.
    package var query: String
    package var columns: ColumnSettings

    package init(connection: ConnectionSettings, query: String, columns: ColumnSettings) {
        self.connection = connection
        self.query = query
        self.columns = columns
    }
}

/// `[destination]`.
package struct DestinationSettings: Codable, Hashable, Sendable {
    /// The source's, unless the configuration names another.
    package var connection: ConnectionSettings
    /// Migrations run with this one when it is given.
    package var adminConnection: ConnectionSettings?
    package var schema = "clv"
    package var autoMigrate = false

    package init(connection: ConnectionSettings) { self.connection = connection }
}

/// What a job does.
package enum JobKind: String, Codable, CaseIterable, Sendable {
    case train, prediction
    case trainPrediction = "train_prediction"
}

/// One `[[jobs]]` table: a forecast that a tenant asked for.
package struct JobSettings: Codable, Hashable, Sendable {
    package var name: String
    package var kind = JobKind.trainPrediction
    package var timePeriod: TimePeriod
    package var horizons: [TimePeriod]
    package var orderCount: Int?
    /// OnCalendar expressions, in the tenant's time zone; empty: only by hand.
    package var schedule: [String]
    package var maxModelAge: TimePeriod
    /// Names from the catalogue; empty: chosen by the program (`"auto"`).
    package var models: [String] = []
    package var priors = Priors.weak
    package var season = SeasonChoice.auto
    package var grossMargin = 1.0
    package var annualDiscountRate = 0.0
    package var segments = SegmentMap.score
    /// The expected values above which Mid, High and Top begin; nil: the quartiles.
    package var valueLevels: [Double]?
    /// Whether past purchases are published beside the forecast.
    package var includeActual = false
    /// Kept rejected rows per run; the counts are exact all the same.
    package var rejectedRowsKept = 10_000
    package var keepPublications = 3
    /// Of each horizon's publications, how many stay until it has passed, to be scored.
    package var scoredPublications = 4
    /// How long runs and publications are remembered, and rejected rows.
    package var historyDays = 400
    package var rejectedDays = 30
    /// A forecast that moves further is refused: 2 is three times as much, or a third.
    package var maxTotalShift = 2.0
    /// A forecast that lacks a larger part of the customers of the one before is refused.
    package var maxCustomerLoss = 0.5
    package var timing = TimingSettings()

    package init(name: String, timePeriod: TimePeriod) {
        self.name = name
        self.timePeriod = timePeriod
        horizons = [timePeriod]
        schedule = []
        maxModelAge = timePeriod
    }
}

/// A tenant's and one job's settings: what a run is told.
package struct RunSettings: Codable, Hashable, Sendable {
    package var timeZone: String
    package var currency: String?
    package var source: SourceSettings
    package var destination: DestinationSettings
    package var job: JobSettings

    package init(tenant: TenantSettings, job: JobSettings) {
        timeZone = tenant.timeZone
        currency = tenant.currency
        source = tenant.source
        destination = tenant.destination
        self.job = job
    }
}
