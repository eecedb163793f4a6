import CPostgres

/// Feeds a `COPY ... FROM STDIN`; `finish` ends it well, a rollback gives it up.
@safe package final class CopyWriter {
    private let connection: Connection
    private let sql: String

    init(_ connection: Connection, sql: String) {
        self.connection = connection
        self.sql = sql
    }

    /// Sends bytes, best 64 KiB or more at once; rows may be cut anywhere.
    package func write(_ bytes: Span<UInt8>) throws(PostgresError) {
        let piece = 1 << 18
        var start = 0
        while start < bytes.count {
            let end = min(start + piece, bytes.count)
            try put(bytes.extracting(start..<end))
            start = end
        }
    }

    /// Gives the number of rows that the server took.
    package func finish() throws(PostgresError) -> Int {
        guard unsafe PQputCopyEnd(connection.handle, nil) >= 0 else { throw failure() }
        return try connection.collect(1, sql).affected
    }

    private func put(_ bytes: Span<UInt8>) throws(PostgresError) {
        let deadline = connection.deadline()
        while true {
            let state = unsafe bytes.withUnsafeBytes { buffer in
                unsafe PQputCopyData(
                    connection.handle,
                    buffer.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(buffer.count)
                )
            }
            guard state >= 0 else { throw failure() }
            try connection.flush(until: deadline)
            if state == 1 { return }
        }
    }

    /// Why the server stopped taking data.
    private func failure() -> PostgresError {
        let text = unsafe string(PQerrorMessage(connection.handle))
        do {
            _ = try connection.collect(1, sql)
            return .lost(text)
        } catch { return error }
    }
}

extension Connection {
    package func copyIn(_ sql: String) throws(PostgresError) -> CopyWriter {
        try executeScript(sql)
        return CopyWriter(self, sql: sql)
    }
}
