import Domain
import Postgres

/// What is published now: keys, row hashes and times of change, read in key order beside the
/// writing of the new rows.
final class EarlierRows {
    private let connection: Connection
    private let reader: CopyReader
    private var block: [UInt8] = []
    private var at = 0
    private var isOver = false
    /// The row before `at`.
    private var customer = 0..<0
    private var horizon: Int32 = 0
    private var hash: Int64 = 0
    private var changedAt: Int64 = 0

    /// `connection` belongs to this reader alone.
    init(of leaf: String, on connection: Connection) throws {
        self.connection = connection
        try connection.begin(.readOnlySnapshot)
        reader = try connection.copyOut(
            """
            COPY (SELECT customer_id, horizon_days, row_hash, changed_at FROM \(leaf)
                ORDER BY customer_id, horizon_days) TO STDOUT (FORMAT binary)
            """
        )
        block = try reader.block() ?? []
        at = BinaryRows.header.count
        try advance()
    }

    /// Lets the snapshot go, so that nothing waits for it.
    func close() { connection.rollback() }

    /// When the row last changed, if it is published now with this hash; else nil.
    ///
    /// Keys come in ascending order, each once.
    func changedAt(
        _ bytes: [UInt8],
        _ id: Range<Int>,
        horizon wanted: Int32,
        hash wantedHash: Int64
    ) throws -> Int64? {
        while !isOver {
            let order = compare(bytes, id)
            if order > 0 || (order == 0 && horizon > wanted) { return nil }
            if order == 0, horizon == wanted {
                let since = hash == wantedHash ? changedAt : nil
                try advance()
                return since
            }
            try advance()
        }
        return nil
    }

    /// The current row's customer against another: below, equal to or above zero.
    private func compare(_ bytes: [UInt8], _ id: Range<Int>) -> Int {
        let shared = min(customer.count, id.count)
        for index in 0..<shared {
            let mine = block[customer.lowerBound + index]
            let other = bytes[id.lowerBound + index]
            if mine != other { return mine < other ? -1 : 1 }
        }
        return customer.count - id.count
    }

    /// Reads the next row; a block holds whole rows.
    private func advance() throws {
        if at >= block.count {
            guard let next = try reader.block() else {
                isOver = true
                return
            }
            block = next
            at = 0
        }
        let fields: Int16 = take()
        guard fields == 4 else {
            isOver = true
            // The trailer; what follows is the end of the copy.
            while try reader.block() != nil {}
            return
        }
        let length = Int(take() as Int32)
        customer = at..<(at + length)
        at += length
        at += 4
        horizon = take()
        at += 4
        hash = take()
        at += 4
        changedAt = take()
    }

    private func take<Integer: FixedWidthInteger & BitwiseCopyable>() -> Integer {
        let size = MemoryLayout<Integer>.size
        precondition(at + size <= block.count)
        let value = unsafe block.withUnsafeBytes { buffer in
            unsafe buffer.loadUnaligned(fromByteOffset: at, as: Integer.self)
        }
        at += size
        return Integer(bigEndian: value)
    }
}
