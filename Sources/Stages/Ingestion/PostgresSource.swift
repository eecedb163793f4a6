package import Configuration
package import Domain
package import Postgres

/// Reads purchases with a tenant's query, in one short read-only transaction.
///
/// Typed columns are converted by the server, text is read here, so that every bad row is kept.
/// This thread waits for the server while another decodes.
package struct PostgresSource: Sendable {
    package var query: String
    package var columns: ColumnSettings
    /// The zone in which purchase days are counted, by its name in the tz database.
    package var timeZone: String
    /// How many spoilt rows keep their text; the rest are only counted.
    package var originalsKept: Int
    /// Nil: all rows stay in memory, however many they are.
    package var spooling: Spooling?
    /// The same zone for times that come as text with an offset.
    package var zoneDay: @Sendable (Instant) -> Day

    package init(
        query: String,
        columns: ColumnSettings,
        timeZone: String,
        originalsKept: Int = 10_000,
        spooling: Spooling? = nil,
        zoneDay: @escaping @Sendable (Instant) -> Day
    ) {
        self.query = query
        self.columns = columns
        self.timeZone = timeZone
        self.originalsKept = originalsKept
        self.spooling = spooling
        self.zoneDay = zoneDay
    }

    package func read(from connection: Connection) throws(IngestionError) -> SourceRows {
        do {
            return try connection.transaction(.readOnlySnapshot) {
                try readInTransaction(connection)
            }
        } catch let error as IngestionError {
            throw error
        } catch let error as PostgresError {
            throw IngestionError(
                error.locatingTable(of: withoutTerminator(query), on: connection)
            )
        } catch {
            preconditionFailure("only these are thrown: \(error)")
        }
    }

    private func readInTransaction(_ connection: Connection) throws -> SourceRows {
        let query = withoutTerminator(self.query)
        let shape = try CopyShape(connection.describe(query: query), columns)
        // What becomes text must not depend on how the role or the database is set up.
        try connection.executeScript("SET LOCAL datestyle = ISO; SET LOCAL extra_float_digits = 1")
        let copy = try connection.copyOut(shape.copyStatement(query: query, timeZone: timeZone))
        let decoder = CopyDecoder(
            shape,
            TimeParser(zoneDay: zoneDay),
            originalsKept: originalsKept,
            spooling: spooling
        )
        return try decoding(with: decoder) { put throws(IngestionError) in
            do throws(PostgresError) {
                while let block = try copy.block() {
                    if !put(block) { return }
                }
            } catch {
                throw IngestionError(error)
            }
        }
    }
}

extension IngestionError {
    /// What the server said about the query, or what went wrong on the way to it.
    init(_ error: PostgresError) {
        let isAboutQuery = error.sqlState != nil
        let verb = error.failureClass == .transient ? "could not" : "cannot"
        self.init(
            code: error.code,
            message: isAboutQuery ? "\(verb) run the query: \(error.message)" : error.message,
            cause: error.cause,
            fix: error.fix
                ?? (isAboutQuery
                    ? "correct the query of data_query_path, or the rows that it meets" : nil),
            failureClass: error.failureClass
        )
    }
}
