/// The small tables about models and how good they are.
enum ModelTables {
    private static let version: [TableColumn] = [
        .required("tenant_id", "text", "the company"), .required("job_name", "text", "the job"),
        .required("model", "text", "the model's name, e.g. bg_nbd"),
        .required("model_version", "text", "its version in the model store"),
    ]
    private static let reference =
        "FOREIGN KEY (tenant_id, job_name, model, model_version) REFERENCES @.models"

    static let all = [models, modelMetrics, featureImportances, RealisedMetrics.table]

    private static let fit: [TableColumn] = [
        .required("fitted_on", "date", "day of the fit; its age counts from here"),
        .required("as_of_on", "date", "the last day whose purchases it was fitted to"),
        .required("time_period", "text", "the job's time_period"),
        .required("run_id", "text", "the first run that published with it"),
        .required("reason", "text", "why it was fitted, or why the stored one was used"),
        .optional("customers", "bigint", "customers it was fitted to"),
        .optional("log_likelihood", "double precision", "of the data in weeks"),
        .required("parameters", "jsonb", "fitted parameters by name, in weeks"),
        .required("standard_errors", "jsonb", "of the parameters that the data determine"),
        .optional("is_converged", "boolean", "whether the fit came to an end"),
        .optional("condition_number", "double precision", "of the information, in logarithms"),
        .optional("priors", "text", "weak or none: what the fit expected before the data"),
        .required("simplifications", "text[]", "simpler models the data asked for"),
    ]
    /// The columns that change when a version's name comes again for another fit.
    static let ofFit = fit.map(\.name)

    private static let models = Table(
        name: "models",
        comment: "fitted models that a publication used",
        columns: version + fit,
        constraints: ["PRIMARY KEY (tenant_id, job_name, model, model_version)"],
        takesRows: true,
        changingColumns: ofFit
    )

    private static let modelMetrics = Table(
        name: "model_metrics",
        comment: "how good a model was on earlier days",
        columns: version + [
            .required("origin_on", "date", "the earlier as-of date of the back-test"),
            .required("horizon_days", "integer", "how far ahead, in days"),
            .required("metric", "text", "name of the measure"),
            .required("value", "double precision", "its value"),
        ],
        constraints: [
            """
            PRIMARY KEY (tenant_id, job_name, model, model_version, origin_on, horizon_days, metric)
            """, reference,
        ],
        takesRows: true,
        changingColumns: ["value"],
        losesRows: true
    )

    private static let featureImportances = Table(
        name: "feature_importances",
        comment: "what a model looks at",
        columns: version + [
            .required("feature", "text", "name of the feature"),
            .required("importance", "double precision", "share of the total"),
        ],
        constraints: [
            "PRIMARY KEY (tenant_id, job_name, model, model_version, feature)", reference,
        ],
        takesRows: true
    )
}
