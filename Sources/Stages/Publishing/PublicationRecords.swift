import Domain
import Postgres

extension Publication {
    /// The small rows that belong to the publication.
    func writeRecords(
        _ receipt: Receipt,
        totals: [ForecastTotal],
        newcomers: [NewcomerPeriod],
        models: [ModelRecord]
    ) throws {
        try writePublication(receipt)
        try movePointer()
        try writeTotals(totals)
        try writeNewcomers(newcomers)
        for model in models { try write(model) }
    }

    private func writePublication(_ receipt: Receipt) throws {
        let destination = ledger.destination
        let written = try connection.execute(
            """
            INSERT INTO \(destination.table("publications")) (publication_number, tenant_id,
                job_name, run_id, due_at, as_of_on, time_period_days, currency, model,
                model_version, customers, row_count, changed_row_count, lease_epoch, published_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now())
            ON CONFLICT DO NOTHING
            """,
            [
                String(number), destination.tenant, destination.job, ledger.run.runID,
                ledger.run.dueAt?.stamp, header.asOf.description,
                String(header.timePeriod.days), header.currency, header.model,
                header.modelVersion, String(receipt.customers), String(receipt.rows),
                String(receipt.changedRows), String(lease.epoch),
            ]
        )
        guard written.affected == 1 else {
            throw PublishingError(
                "already_published",
                "another run published this forecast in the meantime",
                fix: "nothing is to be done",
                .leaseHeld
            )
        }
    }

    private func movePointer() throws {
        let destination = ledger.destination
        try connection.execute(
            """
            INSERT INTO \(destination.table("current_publications"))
                (tenant_id, job_name, publication_number)
            VALUES ($1, $2, $3)
            ON CONFLICT (tenant_id, job_name) DO UPDATE SET
                publication_number = excluded.publication_number
            """,
            [destination.tenant, destination.job, String(number)]
        )
    }

    private func writeTotals(_ totals: [ForecastTotal]) throws {
        guard !totals.isEmpty else { return }
        let destination = ledger.destination
        try Partitions.createLeaf(of: .totalPredictions, number, in: destination, on: connection)
        let leaf = destination.leaf(.totalPredictions, number)
        for total in totals {
            let values = [total.purchases, total.spend, total.value].flatMap { range in
                [range?.expected, range?.low, range?.high].map { $0.map { "\($0)" } }
            }
            try connection.execute(
                "INSERT INTO \(leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                [
                    destination.tenant, String(number), String(total.horizonDays),
                    total.group.rawValue,
                ] + values
            )
        }
        try connection.execute(
            "ALTER TABLE \(leaf) ADD PRIMARY KEY (\(BulkTable.totalPredictions.leafKey))"
        )
        try Partitions.attachLeaf(of: .totalPredictions, number, in: destination, on: connection)
    }

    private func writeNewcomers(_ periods: [NewcomerPeriod]) throws {
        guard !periods.isEmpty else { return }
        let destination = ledger.destination
        let table = BulkTable.newcomerPredictions
        try Partitions.createLeaf(of: table, number, in: destination, on: connection)
        let leaf = destination.leaf(table, number)
        for period in periods {
            let values = [period.customers, period.purchases, period.spend].flatMap { range in
                [range?.expected, range?.low, range?.high].map { $0.map { "\($0)" } }
            }
            try connection.execute(
                "INSERT INTO \(leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                [destination.tenant, String(number), period.start.description] + values
            )
        }
        try connection.execute("ALTER TABLE \(leaf) ADD PRIMARY KEY (\(table.leafKey))")
        try Partitions.attachLeaf(of: table, number, in: destination, on: connection)
    }

    private func write(_ model: ModelRecord) throws {
        let destination = ledger.destination
        try connection.execute(
            """
            INSERT INTO \(destination.table("models")) (tenant_id, job_name, model, model_version,
                fitted_on, as_of_on, time_period, run_id, reason, customers, log_likelihood,
                parameters, standard_errors, is_converged, condition_number, priors,
                simplifications)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                (SELECT coalesce(jsonb_object_agg(name, value), '{}')
                    FROM unnest($12::text[], $13::double precision[]) AS p (name, value)),
                (SELECT coalesce(jsonb_object_agg(name, value), '{}')
                    FROM unnest($14::text[], $15::double precision[]) AS p (name, value)),
                $16, $17, $18, $19
            ON CONFLICT (tenant_id, job_name, model, model_version) DO NOTHING
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
}
