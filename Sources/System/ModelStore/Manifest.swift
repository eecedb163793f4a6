package import Domain

/// What a stored version says about itself; `manifest.json`.
package struct Manifest: Codable, Hashable, Sendable {
    package static let formatVersion = 1

    package var format = Manifest.formatVersion
    package var programVersion: String
    package var tenant: String
    package var job: String
    /// `v000012`; counted per job.
    package var version: String
    /// The day of the fit: a version's age counts from here.
    package var fittedOn: Day
    package var timePeriod: TimePeriod
    package var asOf: Day
    package var firstPurchaseOn: Day?
    package var newestPurchaseOn: Day?
    package var customers: Int
    package var purchases: Int
    /// SHA-256 of what the models depend on: query, columns and model settings.
    package var settingsHash: String
    package var seed: UInt64
    /// The champion at the time of the fit.
    package var parent: String?
    /// The run that fitted it; nil in older versions.
    package var runID: String?
    package var metrics: [String: Double]
    package var verdict: String
    /// SHA-256 by file name.
    package var files: [String: String] = [:]
    /// The file of each model, by model name.
    package var models: [String: String] = [:]
    /// The file of each other document, by what it holds; nil in versions older than documents.
    package var documents: [String: String]?

    package init(
        programVersion: String,
        tenant: String,
        job: String,
        version: String = "",
        fittedOn: Day,
        timePeriod: TimePeriod,
        asOf: Day,
        firstPurchaseOn: Day?,
        newestPurchaseOn: Day?,
        customers: Int,
        purchases: Int,
        settingsHash: String,
        seed: UInt64,
        parent: String? = nil,
        runID: String? = nil,
        metrics: [String: Double],
        verdict: String
    ) {
        self.programVersion = programVersion
        self.tenant = tenant
        self.job = job
        self.version = version
        self.fittedOn = fittedOn
        self.timePeriod = timePeriod
        self.asOf = asOf
        self.firstPurchaseOn = firstPurchaseOn
        self.newestPurchaseOn = newestPurchaseOn
        self.customers = customers
        self.purchases = purchases
        self.settingsHash = settingsHash
        self.seed = seed
        self.parent = parent
        self.runID = runID
        self.metrics = metrics
        self.verdict = verdict
    }

    private enum CodingKeys: String, CodingKey {
        case format, tenant, job, version, customers, purchases, seed, parent, metrics, verdict
        case files, models, documents
        case programVersion = "program_version"
        case fittedOn = "fitted_on"
        case timePeriod = "time_period"
        case asOf = "as_of"
        case firstPurchaseOn = "first_purchase_on"
        case newestPurchaseOn = "newest_purchase_on"
        case settingsHash = "settings_hash"
        case runID = "run_id"
    }

    /// `trained_<model>_model_<YYYYMMDD>_<time_period>.json`, as users know it.
    package func fileName(model: String) -> String {
        "trained_\(model)_model_\(fittedOn.compact)_\(timePeriod.fileName).json"
    }
}

/// A version as it lies in the store, its checksums found right.
package struct StoredVersion: Sendable {
    package let manifest: Manifest
    /// The bytes of each model file, by model name.
    package let models: [String: [UInt8]]
    /// The bytes of what belongs to the models and is none, by what it holds.
    package let documents: [String: [UInt8]]

    package init(
        manifest: Manifest,
        models: [String: [UInt8]],
        documents: [String: [UInt8]] = [:]
    ) {
        self.manifest = manifest
        self.models = models
        self.documents = documents
    }
}
