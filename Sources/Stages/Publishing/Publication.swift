package import Domain
import Postgres

/// One forecast on its way to the readers: all in one transaction, visible at its end or never.
///
/// A value that is dropped before `finish` leaves nothing.
package final class Publication {
    /// What became visible.
    package struct Receipt: Sendable {
        package let number: Int
        package let rows: Int
        package let changedRows: Int
        package let customers: Int
    }

    package let number: Int
    let ledger: RunLedger
    let lease: Lease
    let header: PublicationHeader
    let partitions: Partitions
    let connection: Connection
    private let writer: CopyWriter
    /// Makes what `append` takes, on any thread.
    package let encoder: ForecastEncoder
    private let earlier: EarlierRows?
    private var customers = 0
    private var rows = 0
    private var changedRows = 0
    private var isFinished = false

    /// Opens the transaction and the table of the new rows.
    ///
    /// A run that has published already, by `PastPublication`, is refused at the end.
    package static func begin(
        _ header: PublicationHeader,
        of ledger: RunLedger,
        under lease: Lease
    ) throws -> Publication {
        let connection = try ledger.destination.connect()
        let partitions = try Partitions.ensured(in: ledger.destination, on: connection)
        return try Publication(header, ledger, lease, partitions, connection)
    }

    private init(
        _ header: PublicationHeader,
        _ ledger: RunLedger,
        _ lease: Lease,
        _ partitions: Partitions,
        _ connection: Connection
    ) throws {
        self.header = header
        self.partitions = partitions
        self.ledger = ledger
        self.lease = lease
        self.connection = connection
        let destination = ledger.destination
        earlier = try Publication.earlierRows(in: partitions, on: connection)
        // A run that sleeps beyond its lease publishes nothing, and must not hold others up.
        connection.limits.idleInTransactionSeconds = lease.seconds
        try connection.begin()
        let row = try connection.execute(
            """
            SELECT nextval(\(quoted(literal: destination.table("publication_numbers")))),
                (extract(epoch FROM now() - timestamptz '2000-01-01Z') * 1000000)::bigint
            """
        )
        number = row.integer(0, 0) ?? 0
        encoder = ForecastEncoder(
            tenant: destination.tenant,
            publication: number,
            model: header.model,
            modelVersion: header.modelVersion,
            now: Int64(row.integer(0, 1) ?? 0)
        )
        try partitions.createLeaf(of: .customerPredictions, number, on: connection)
        let leaf = partitions.leaf(.customerPredictions, number)
        writer = try connection.copyIn("COPY \(leaf) FROM STDIN (FORMAT binary, FREEZE)")
        let header = BinaryRows.header
        try writer.write(header.span)
    }

    deinit { if !isFinished { connection.rollback() } }

    /// Sends rows of the encoder, whose customers follow those of the call before, and gives the
    /// number of the customers so far.
    package func append(_ encoded: EncodedRows, customers pool: StringPool) throws -> Int {
        var encoded = encoded
        customers += encoded.customers.count
        rows += encoded.ends.count
        changedRows +=
            try earlier.map { try encoded.keepTimes(of: $0, pool) } ?? encoded.ends.count
        try encoded.rows.withFilled { try writer.write($0) }
        return customers
    }

    /// Checks what was written, attaches it, moves the readers to it, and commits.
    ///
    /// `actual` are past purchases that readers see beside the forecast. There is at least one total:
    /// the views find a publication by it.
    package func finish(
        totals: [ForecastTotal],
        newcomers: [NewcomerPeriod] = [],
        actual: Ledger? = nil,
        models: [ModelRecord],
        figures: RunFigures
    ) throws -> Receipt {
        precondition(!totals.isEmpty, "a publication without totals would be seen by nobody")
        let trailer = BinaryRows.trailer
        try writer.write(trailer.span)
        earlier?.close()
        try seal(copied: try writer.finish())
        let receipt = Receipt(
            number: number,
            rows: rows,
            changedRows: changedRows,
            customers: customers
        )
        if let actual { try writeActual(actual) }
        try writeRecords(receipt, totals: totals, newcomers: newcomers, models: models)
        try ledger.finish(
            .succeeded,
            figures,
            publication: number,
            error: nil,
            on: connection
        )
        try lease.end(for: ledger.destination, on: connection)
        try connection.commit()
        isFinished = true
        return receipt
    }

    /// Makes the rows ready for readers.
    private func seal(copied: Int) throws {
        try demandWhole(copied: copied, of: rows)
        try partitions.publishLeaf(of: .customerPredictions, number, on: connection)
    }

    /// Throws unless all rows that were sent have arrived.
    func demandWhole(copied: Int, of sent: Int) throws {
        guard copied != sent else { return }
        throw PublishingError(
            "rows_missing",
            "the new forecast is not whole and was not published",
            cause: "\(sent) rows were sent, and \(copied) arrived",
            fix: "it is tried again",
            .transient
        )
    }

    private static let undefinedTable = "42P01"

    /// A table that somebody dropped has no rows to compare with; the next publication mends that.
    private static func earlierRows(
        in partitions: Partitions,
        on connection: Connection
    ) throws -> EarlierRows? {
        let destination = partitions.destination
        let current = try connection.transaction(.readOnlySnapshot) {
            try connection.execute(
                """
                SELECT publication_number FROM \(destination.table("current_publications"))
                WHERE tenant_id = $1 AND job_name = $2
                """,
                [destination.tenant, destination.job]
            )
        }
        guard current.count == 1, let number = current.integer(0, 0) else { return nil }
        let leaf = partitions.leaf(.customerPredictions, number)
        do {
            return try EarlierRows(of: leaf, on: destination.connect())
        } catch let error as PostgresError where error.sqlState == undefinedTable {
            return nil
        }
    }
}
