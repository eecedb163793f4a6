/// The table of earlier forecasts against what then happened.
enum RealisedMetrics {
    static let table = Table(
        name: "realised_metrics",
        comment: "earlier forecasts scored against what then happened, once the horizon has passed",
        columns: [
            .required("tenant_id", "text", "the company"), .required("job_name", "text", "the job"),
            .required("publication_number", "bigint", "the forecast, see publications"),
            .required("horizon_days", "integer", "how far ahead, in days"),
            .required("customer_group", "text", "repeater, one_timer, newcomer or all"),
            .required("as_of_on", "date", "the last day that the forecast knew"),
            .required("realised_on", "date", "the last day of the horizon"),
            .required("customers", "bigint", "customers compared; of newcomer, those who came"),
            .required(
                "missing_customers",
                "bigint",
                "customers with a forecast that the source has no more; they count as buying nothing"
            ),
        ] + columns(of: "purchases", type: "double precision")
            + columns(of: "spend", type: "numeric(18,4)")
            + [.required("measured_at", "timestamptz", "when it was scored")],
        constraints: [
            "PRIMARY KEY (tenant_id, publication_number, horizon_days, customer_group)",
            """
            FOREIGN KEY (tenant_id, job_name, publication_number)
                REFERENCES @.publications (tenant_id, job_name, publication_number)
                ON DELETE CASCADE
            """,
        ],
        takesRows: true
    )

    /// Empty for spend without amounts.
    private static func columns(of what: String, type: String) -> [TableColumn] {
        [
            .optional("predicted_\(what)", type, "the published total"),
            .optional("predicted_\(what)_low", type, "its 5 % quantile"),
            .optional("predicted_\(what)_high", type, "its 95 % quantile"),
            .optional("actual_\(what)", type, "what the source says now of the same days"),
            .optional(
                "mae_\(what)",
                "double precision",
                "mean over customers of |actual - expected|"
            ),
            .optional(
                "coverage_\(what)",
                "double precision",
                "share of customers in the central 90 % of their forecast, by randomised PIT: "
                    + "0.9 is right, less is too sure"
            ),
            .optional(
                "gini_\(what)",
                "double precision",
                "ranking by the forecast over the perfect one: 1 is perfect, 0 is chance"
            ),
        ]
    }
}
