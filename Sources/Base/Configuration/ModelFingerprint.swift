import Domain

extension RunSettings {
    /// The settings that a fitted model depends on, as text: a model whose text differs is stale.
    ///
    /// Schedule, limits and what is kept are not in it, nor the user and how a password is found,
    /// nor how scores become segments and levels.
    /// Each value carries its length, so different settings never give the same text.
    package var modelFingerprint: String {
        let connection = source.connection
        let columns = source.columns
        let fields: [(name: String, value: String?)] = [
            ("time_zone", timeZone),
            ("conninfo", connection.conninfo),
            ("server", connection.server),
            ("port", connection.port.map { String($0) }),
            ("db", connection.database),
            ("query", source.query),
            ("customer_indicator", columns.customer),
            ("time_indicator", columns.time),
            ("amount_indicator", columns.amount),
            ("order_indicator", columns.order),
            (
                "covariate_indicators",
                columns.covariates.isEmpty ? nil : columns.covariates.joined(separator: ",")
            ),
            ("time_period_days", String(job.timePeriod.days)),
            ("horizons_days", job.horizons.map { String($0.days) }.joined(separator: ",")),
            ("order_count", job.orderCount.map { String($0) }),
            ("models", job.models.joined(separator: ",")),
            ("priors", job.priors.rawValue),
            ("season", job.season.rawValue),
            ("gross_margin", String(job.grossMargin)),
            ("annual_discount_rate", String(job.annualDiscountRate)),
        ]
        return fields.reduce(into: "clvd.model_fingerprint/1\n") { text, field in
            guard let value = field.value else { return }
            text += "\(field.name) \(value.utf8.count):\(value)\n"
        }
    }
}
