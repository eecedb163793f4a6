import CPostgres
import Domain

extension Connection {
    /// Runs one statement with text parameters (`$1`...; nil is NULL).
    @discardableResult
    package func execute(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> Rows
    {
        for parameter in parameters {
            if let parameter, parameter.utf8.contains(0) { throw .nulCharacter }
        }
        try refuseNUL(sql)
        let sent = unsafe withCStrings(parameters) { values in
            unsafe PQsendQueryParams(
                handle,
                sql,
                Int32(values.count),
                nil,
                values.baseAddress,
                nil,
                nil,
                0
            )
        }
        return try collect(sent, sql)
    }

    /// Runs statements separated by semicolons, without parameters; the last answer is given.
    @discardableResult
    package func executeScript(_ sql: String) throws(PostgresError) -> Rows {
        try refuseNUL(sql)
        return try unsafe collect(PQsendQuery(handle, sql), sql)
    }

    /// What a query standing alone would give, without running it.
    ///
    /// Several statements, parameters, and statements that change data or give no rows are refused.
    /// Call it in a read-only transaction, with a query `withoutTerminator`.
    package func describe(query: String) throws(PostgresError) -> [Column] {
        if query.isEmpty { throw .emptyQuery }
        if query.utf8.contains(0) { throw .nulInQuery }
        let alone: Rows
        do {
            alone = try prepared(query)
        } catch  where error.sqlState == "42601" && error.position == nil {
            // A syntax error has a place; this one is about the statement as a whole.
            throw .severalStatements
        }
        guard alone.parameterCount == 0 else {
            throw .queryHasParameters
        }
        // A data-changing statement prepares alone, but cannot stand where a table can.
        do {
            return try prepared("SELECT * FROM (\(query)\n) AS q").columns
        } catch  where error.sqlState?.hasPrefix("42") == true || error.sqlState == "0A000" {
            throw .notAReadingQuery(cause: error.message)
        }
    }

    private func prepared(_ sql: String) throws(PostgresError) -> Rows {
        _ = try unsafe collect(PQsendPrepare(handle, "", sql, 0, nil), sql)
        return try unsafe collect(PQsendDescribePrepared(handle, ""), sql)
    }

    /// Takes all answers to what was sent; gives the last, or throws the first error.
    func collect(_ sent: Int32, _ sql: String) throws(PostgresError) -> Rows {
        let deadline = deadline()
        guard sent == 1 else { throw unsafe .lost(string(PQerrorMessage(handle))) }
        try flush(until: deadline)
        var last: Rows?
        var failure: PostgresError?
        while let result = try unsafe nextResult(until: deadline) {
            let error = unsafe failureOf(result, sql)
            last = unsafe Rows(owning: result)
            failure = failure ?? error
            if last?.startsCopy == true { break }
        }
        if let failure { throw failure }
        guard let last else { throw .lost("no answer") }
        return last
    }

    func nextResult(
        until deadline: ContinuousClock.Instant?
    ) throws(PostgresError) -> OpaquePointer? {
        while unsafe PQisBusy(handle) == 1 {
            try awaitInput("running a statement", until: deadline)
        }
        return unsafe PQgetResult(handle)
    }

    /// The error that a result holds; nil when it holds none.
    func failureOf(_ result: OpaquePointer, _ sql: String) -> PostgresError? {
        let status = unsafe PQresultStatus(result)
        guard status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE else { return nil }
        let report = unsafe serverReport(result)
        guard isUsable, !report.sqlState.isEmpty else { return .lost(report.message) }
        if report.sqlState == "57014", isCancelled() { return .cancelled }
        let context = StatementContext(user: user, isReadOnly: isReadOnly, sql: sql)
        return PostgresError(report, in: context)
    }

    private func refuseNUL(_ sql: String) throws(PostgresError) {
        if sql.utf8.contains(0) { throw .nulCharacter }
    }
}

extension PostgresError {
    static var nulCharacter: PostgresError {
        PostgresError(
            code: "nul_character",
            message: "a text with a NUL character cannot be stored in Postgres",
            fix: "remove the NUL character",
            failureClass: .refused
        )
    }
}

/// Lends the texts as C strings.
private func withCStrings<R>(
    _ texts: [String?],
    _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> R
) -> R {
    var bytes: [CChar] = []
    var starts: [Int?] = []
    for text in texts {
        guard let text else {
            starts.append(nil)
            continue
        }
        starts.append(bytes.count)
        bytes.append(contentsOf: text.utf8.lazy.map { CChar(bitPattern: $0) })
        bytes.append(0)
    }
    return unsafe bytes.withUnsafeBufferPointer { block in
        let pointers = unsafe starts.map { start in
            unsafe start.flatMap { unsafe block.baseAddress?.advanced(by: $0) }
        }
        return unsafe pointers.withUnsafeBufferPointer { unsafe body($0) }
    }
}
