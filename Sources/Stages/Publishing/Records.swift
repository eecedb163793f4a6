package import Domain

/// What a run tells about itself when it starts.
package struct RunRecord: Sendable {
    package var runID: String
    package var attempt: Int
    package var reasons: [String]
    package var asOf: Day?
    package var dueAt: Instant?

    package init(
        runID: String,
        attempt: Int = 1,
        reasons: [String] = [],
        asOf: Day? = nil,
        dueAt: Instant? = nil
    ) {
        self.runID = runID
        self.attempt = attempt
        self.reasons = reasons
        self.asOf = asOf
        self.dueAt = dueAt
    }
}

/// How a run ended.
package enum RunEnd: String, Sendable { case succeeded, failed, cancelled }

/// What a run found and used, as far as it came.
package struct RunFigures: Sendable {
    package var asOf: Day?
    package var account: RowAccount?
    package var newestPurchaseOn: Day?
    package var purchases: Int?
    package var customers: Int?
    package var peakMemoryBytes: Int?

    package init() {}
}

/// What every row of a publication has in common.
package struct PublicationHeader: Sendable {
    package var asOf: Day
    package var timePeriod: TimePeriod
    package var currency: String?
    /// The models behind the rows, e.g.
    ///
    /// `bg_nbd+gamma_gamma`, and their version.
    package var model: String
    package var modelVersion: String
    /// How far totals and customers may move from the publication before; nil: as far as they like.
    package var maxTotalShift: Double?
    /// Which part of the customers of the publication before may be missing; nil: any.
    package var maxCustomerLoss: Double?

    package init(
        asOf: Day,
        timePeriod: TimePeriod,
        currency: String?,
        model: String,
        modelVersion: String,
        maxTotalShift: Double? = nil,
        maxCustomerLoss: Double? = nil
    ) {
        self.asOf = asOf
        self.timePeriod = timePeriod
        self.currency = currency
        self.model = model
        self.modelVersion = modelVersion
        self.maxTotalShift = maxTotalShift
        self.maxCustomerLoss = maxCustomerLoss
    }
}

/// A fitted model that a publication used.
package struct ModelRecord: Sendable {
    package var name: String
    package var version: String
    package var fittedOn: Day
    package var asOf: Day
    package var timePeriod: TimePeriod
    package var reason: String
    package var customers: Int?
    package var logLikelihood: Double?
    /// Fitted parameters by name, in weeks.
    package var parameters: [(name: String, value: Double)]
    /// By parameter; none for one that is fixed or at the end of its range.
    package var standardErrors: [(name: String, value: Double)]
    package var conditionNumber: Double?
    package var converged: Bool?
    package var priors: Priors?
    /// The codes of simpler models that the data asked for.
    package var simplifications: [String]
    package var metrics: [ModelMetric]

    package init(
        name: String,
        version: String,
        fittedOn: Day,
        asOf: Day,
        timePeriod: TimePeriod,
        reason: String,
        customers: Int? = nil,
        logLikelihood: Double? = nil,
        parameters: [(name: String, value: Double)] = [],
        standardErrors: [(name: String, value: Double)] = [],
        conditionNumber: Double? = nil,
        converged: Bool? = nil,
        priors: Priors? = nil,
        simplifications: [String] = [],
        metrics: [ModelMetric] = []
    ) {
        self.name = name
        self.version = version
        self.fittedOn = fittedOn
        self.asOf = asOf
        self.timePeriod = timePeriod
        self.reason = reason
        self.customers = customers
        self.logLikelihood = logLikelihood
        self.parameters = parameters
        self.standardErrors = standardErrors
        self.conditionNumber = conditionNumber
        self.converged = converged
        self.priors = priors
        self.simplifications = simplifications
        self.metrics = metrics
    }
}

/// How good a model was on an earlier day.
package struct ModelMetric: Sendable {
    /// The earlier as-of date.
    package var origin: Day
    package var horizonDays: Int
    package var name: String
    package var value: Double

    package init(origin: Day, horizonDays: Int, name: String, value: Double) {
        (self.origin, self.horizonDays) = (origin, horizonDays)
        (self.name, self.value) = (name, value)
    }
}
