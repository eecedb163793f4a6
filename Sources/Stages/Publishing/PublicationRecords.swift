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
        try writePublication(receipt, horizonsDays: Set(totals.map(\.horizonDays)))
        try writeTotals(totals)
        try writeNewcomers(newcomers)
        try refuseCustomerLoss(now: receipt.customers)
        try refuseLargeShift()
        try movePointer()
        try write(models)
    }

    private func writePublication(_ receipt: Receipt, horizonsDays: Set<Int>) throws {
        let destination = ledger.destination
        let written = try connection.execute(
            """
            INSERT INTO \(destination.table("publications")) (publication_number, tenant_id,
                job_name, run_id, due_at, as_of_on, time_period_days, currency, model,
                model_version, customers, row_count, changed_row_count, lease_epoch,
                horizons_days, published_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, now())
            ON CONFLICT DO NOTHING
            """,
            [
                String(number), destination.tenant, destination.job, ledger.run.runID,
                ledger.run.dueAt?.stamp, header.asOf.description,
                String(header.timePeriod.days), header.currency, header.model,
                header.modelVersion, String(receipt.customers), String(receipt.rows),
                String(receipt.changedRows), String(lease.epoch),
                arrayParameter(horizonsDays.sorted().map { String($0) }),
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
        let rows = totals.map { total in
            [String(total.horizonDays), total.group.rawValue]
                + ranged([total.purchases, total.spend, total.value])
        }
        try write(rows, to: .totalPredictions)
    }

    private func writeNewcomers(_ periods: [NewcomerPeriod]) throws {
        let rows = periods.map { period in
            [period.start.description] + ranged([period.customers, period.purchases, period.spend])
        }
        try write(rows, to: .newcomerPredictions)
    }

    /// Each quantity's three columns: expected, low, high.
    private func ranged(_ quantities: [Ranged?]) -> [String?] {
        quantities.flatMap { [$0?.expected, $0?.low, $0?.high] }.map { $0.map { "\($0)" } }
    }

    /// The purchase days that the forecast was made from, as `results` shows them.
    func writeActual(_ purchases: Ledger) throws {
        try partitions.createLeaf(of: .actualPurchases, number, on: connection)
        let leaf = partitions.leaf(.actualPurchases, number)
        let writer = try connection.copyIn("COPY \(leaf) FROM STDIN (FORMAT binary, FREEZE)")
        let (header, trailer) = (BinaryRows.header, BinaryRows.trailer)
        try writer.write(header.span)
        let encoder = ActualEncoder(tenant: ledger.destination.tenant, publication: number)
        for first in stride(from: 0, to: purchases.customerCount, by: 4096) {
            let some = first..<min(first + 4096, purchases.customerCount)
            try encoder.encode(some, of: purchases).withFilled { try writer.write($0) }
        }
        try writer.write(trailer.span)
        try demandWhole(copied: try writer.finish(), of: purchases.purchaseDays)
        try partitions.publishLeaf(of: .actualPurchases, number, on: connection)
    }

    /// A few rows of a bulk table, by INSERT; none make no partition.
    private func write(_ rows: [[String?]], to table: BulkTable) throws {
        guard !rows.isEmpty else { return }
        try partitions.createLeaf(of: table, number, on: connection)
        let leaf = partitions.leaf(table, number)
        for row in rows {
            let values = [ledger.destination.tenant, String(number)] + row
            let places = values.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
            try connection.execute("INSERT INTO \(leaf) VALUES (\(places))", values)
        }
        try partitions.publishLeaf(of: table, number, on: connection)
    }
}
