import Domain
import Postgres

extension Publication {
    /// The versions behind the publication, and how good they were.
    ///
    /// A name of a version may come again for another fit, after its store was lost: then the record
    /// is of the new one.
    func write(_ models: [ModelRecord]) throws {
        let replacing = try mayReplaceModels()
        for model in models {
            if replacing { try removeMetrics(ofOtherFitsThan: model) }
            try write(model, replacing: replacing)
            try writeMetrics(of: model, replacing: replacing)
        }
    }

    /// A role that was granted its rights before records were replaced adds rows, and no more.
    private func mayReplaceModels() throws -> Bool {
        let destination = ledger.destination
        return try connection.execute(
            """
            SELECT bool_and(has_column_privilege($1::text, changed, 'UPDATE'))
                AND has_column_privilege($2::text, 'value', 'UPDATE')
                AND has_table_privilege($2::text, 'DELETE')
            FROM unnest($3::text[]) AS c (changed)
            """,
            [
                destination.table("models"), destination.table("model_metrics"),
                arrayParameter(ModelTables.ofFit),
            ]
        ).boolean(0, 0)
    }

    private func removeMetrics(ofOtherFitsThan model: ModelRecord) throws {
        let destination = ledger.destination
        try connection.execute(
            """
            DELETE FROM \(destination.table("model_metrics")) AS x
            USING \(destination.table("models")) AS m
            WHERE m.tenant_id = $1 AND m.job_name = $2 AND m.model = $3 AND m.model_version = $4
                AND (m.fitted_on, m.as_of_on) <> ($5::date, $6::date)
                AND (x.tenant_id, x.job_name, x.model, x.model_version)
                    = (m.tenant_id, m.job_name, m.model, m.model_version)
            """,
            [
                destination.tenant, destination.job, model.name, model.version,
                model.fittedOn.description, model.asOf.description,
            ]
        )
    }

    private func write(_ model: ModelRecord, replacing: Bool) throws {
        let destination = ledger.destination
        let values = ModelTables.ofFit.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        let other = """
            UPDATE SET \(values)
                WHERE (m.fitted_on, m.as_of_on) <> (excluded.fitted_on, excluded.as_of_on)
            """
        try connection.execute(
            """
            INSERT INTO \(destination.table("models")) AS m (tenant_id, job_name, model,
                model_version, fitted_on, as_of_on, time_period, run_id, reason, customers,
                log_likelihood, parameters, standard_errors, is_converged, condition_number,
                priors, simplifications)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                (SELECT coalesce(jsonb_object_agg(name, value), '{}')
                    FROM unnest($12::text[], $13::double precision[]) AS p (name, value)),
                (SELECT coalesce(jsonb_object_agg(name, value), '{}')
                    FROM unnest($14::text[], $15::double precision[]) AS p (name, value)),
                $16, $17, $18, $19
            ON CONFLICT (tenant_id, job_name, model, model_version)
                DO \(replacing ? other : "NOTHING")
            """,
            [
                destination.tenant, destination.job, model.name, model.version,
                model.fittedOn.description, model.asOf.description, model.timePeriod.name,
                ledger.run.runID, model.reason, model.customers.map { String($0) },
                model.logLikelihood.map { "\($0)" },
                arrayParameter(model.parameters.map(\.name)),
                arrayParameter(model.parameters.map { "\($0.value)" }),
                arrayParameter(model.standardErrors.map(\.name)),
                arrayParameter(model.standardErrors.map { "\($0.value)" }),
                model.converged.map { "\($0)" }, model.conditionNumber.map { "\($0)" },
                model.priors?.rawValue, arrayParameter(model.simplifications),
            ]
        )
    }

    private func writeMetrics(of model: ModelRecord, replacing: Bool) throws {
        guard !model.metrics.isEmpty else { return }
        let destination = ledger.destination
        let key = "tenant_id, job_name, model, model_version, origin_on, horizon_days, metric"
        try connection.execute(
            """
            INSERT INTO \(destination.table("model_metrics")) (\(key), value)
            SELECT DISTINCT ON (origin_on, horizon_days, metric) $1, $2, $3, $4, m.*
            FROM unnest($5::date[], $6::integer[], $7::text[], $8::double precision[])
                AS m (origin_on, horizon_days, metric, value)
            ON CONFLICT (\(key)) DO \(replacing ? "UPDATE SET value = excluded.value" : "NOTHING")
            """,
            [
                destination.tenant, destination.job, model.name, model.version,
                arrayParameter(model.metrics.map(\.origin.description)),
                arrayParameter(model.metrics.map { String($0.horizonDays) }),
                arrayParameter(model.metrics.map(\.name)),
                arrayParameter(model.metrics.map { "\($0.value)" }),
            ]
        )
    }
}
