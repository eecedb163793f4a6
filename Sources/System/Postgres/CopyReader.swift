import CPostgres

/// The data of a `COPY ... TO STDOUT`, a block of whole rows at a time.
package final class CopyReader {
    private let connection: Connection
    private let blockSize: Int
    private let sql: String
    private var isFinished = false

    init(_ connection: Connection, blockSize: Int, sql: String = "") {
        self.connection = connection
        self.blockSize = blockSize
        self.sql = sql
    }

    /// The next rows, about `blockSize` bytes of them; nil after the last.
    ///
    /// The block belongs to the caller, who may hand it to another thread.
    package func block() throws(PostgresError) -> [UInt8]? {
        guard !isFinished else { return nil }
        var block: [UInt8] = []
        block.reserveCapacity(blockSize + blockSize / 8)
        let deadline = connection.deadline()
        while block.count < blockSize {
            var row: UnsafeMutablePointer<CChar>?
            let length = unsafe PQgetCopyData(connection.handle, &row, 1)
            if length > 0 {
                unsafe row?.withMemoryRebound(to: UInt8.self, capacity: Int(length)) { bytes in
                    unsafe block.append(
                        contentsOf: UnsafeBufferPointer(start: bytes, count: Int(length))
                    )
                }
                unsafe PQfreemem(row)
            } else if length == 0 {
                try connection.awaitInput("copying out", until: deadline)
            } else {
                isFinished = true
                try finish()
                break
            }
        }
        return block.isEmpty ? nil : block
    }

    private func finish() throws(PostgresError) {
        _ = try connection.collect(1, sql)
    }
}

extension Connection {
    /// Starts a copy out; read it to its end, or roll the transaction back.
    package func copyOut(_ sql: String, blockSize: Int = 1 << 18) throws(PostgresError)
        -> CopyReader
    {
        try executeScript(sql)
        return CopyReader(self, blockSize: blockSize, sql: sql)
    }

    /// Gives all data of a copy out to `consume`, block by block.
    package func copyOut(
        _ sql: String,
        blockSize: Int = 1 << 18,
        _ consume: ([UInt8]) throws -> Void
    ) throws {
        let reader = try copyOut(sql, blockSize: blockSize)
        while let block = try reader.block() { try consume(block) }
    }
}
