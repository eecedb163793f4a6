/// How old everything is, for people who only have SQL.
extension Views {
    static func firstFreshness(in schema: String) -> View {
        View(
            name: "freshness",
            comment: "how old every job's forecast and models are, and how its last run ended",
            columns: [
                (tenant, "j.tenant_id"), (job, "j.job_name"),
                (.optional("as_of_on", "date", "last day known to the forecast"), "u.as_of_on"),
                (
                    .optional("days_behind", "integer", "days from as_of_on to yesterday in UTC"),
                    "(now() AT TIME ZONE 'UTC')::date - 1 - u.as_of_on"
                ),
                (
                    .optional("published_at", "timestamptz", "when it became visible"),
                    "u.published_at"
                ),
                (
                    .optional("forecast_age", "interval", "time since then"),
                    "now() - u.published_at"
                ),
                (.optional("customers", "bigint", "customers with a forecast"), "u.customers"),
                (.optional("model_version", "text", "version of its models"), "u.model_version"),
                (
                    .optional("oldest_model_on", "date", "day of the oldest fit among its models"),
                    "m.fitted_on"
                ),
                (.required("last_run_status", "text", "how the last run ended"), "r.status"),
                (
                    .required("last_run_at", "timestamptz", "when the last run started"),
                    "r.started_at"
                ),
                (
                    .optional("last_error", "text", "what went wrong in the last run"),
                    "r.error_message"
                ),
            ],
            source: """
                (SELECT DISTINCT tenant_id, job_name FROM \(schema).runs) AS j
                CROSS JOIN LATERAL (
                    SELECT * FROM \(schema).runs AS x
                    WHERE x.tenant_id = j.tenant_id AND x.job_name = j.job_name
                    ORDER BY x.started_at DESC LIMIT 1
                ) AS r
                LEFT JOIN \(schema).current_publications AS c
                    ON c.tenant_id = j.tenant_id AND c.job_name = j.job_name
                LEFT JOIN \(schema).publications AS u
                    ON u.tenant_id = c.tenant_id AND u.publication_number = c.publication_number
                LEFT JOIN LATERAL (
                    SELECT min(y.fitted_on) AS fitted_on FROM \(schema).models AS y
                    WHERE y.tenant_id = u.tenant_id AND y.job_name = u.job_name
                        AND y.model_version = u.model_version
                ) AS m ON true
                """
        )
    }

    /// Since the second migration: with what came since the fit.
    ///
    /// Of the fit that the version's name stands for now, and of no day after the forecast's own.
    static func freshness(in schema: String) -> View {
        let first = firstFreshness(in: schema)
        return View(
            name: first.name,
            comment: first.comment,
            columns: first.columns + [
                (
                    .optional(
                        "drift",
                        "double precision",
                        "how far what came since the fit lies from its forecast, in deviations of "
                            + "chance and of earlier errors: above 3 is much"
                    ), "d.value"
                ),
                (
                    .optional("drift_days", "integer", "days from the fit to that comparison"),
                    "d.horizon_days"
                ),
            ],
            source: first.source + """

                LEFT JOIN LATERAL (
                    SELECT z.value, z.horizon_days FROM \(schema).model_metrics AS z
                    JOIN \(schema).models AS y
                        USING (tenant_id, job_name, model, model_version)
                    WHERE z.tenant_id = u.tenant_id AND z.job_name = u.job_name
                        AND z.model_version = u.model_version AND z.metric = 'drift'
                        AND z.origin_on = y.as_of_on
                        AND z.origin_on + z.horizon_days <= u.as_of_on
                    ORDER BY z.horizon_days DESC LIMIT 1
                ) AS d ON true
                """
        )
    }
}
