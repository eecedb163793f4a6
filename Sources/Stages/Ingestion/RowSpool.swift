package import Domain

/// When rows go to disk, and where.
package struct Spooling: Sendable {
    package var folder: String
    /// What the whole run may take, in bytes.
    package var memoryLimit: Int

    /// Large files belong here and not into `/tmp`, which may be memory.
    package static let usualFolder = "/var/tmp"

    package init(memoryLimit: Int, folder: String = usualFolder) {
        (self.memoryLimit, self.folder) = (memoryLimit, folder)
    }

    /// A sixth of the limit, because columns that grow are there twice for a moment, and cleaning
    /// sorts the rows beside them while the purchase days come to be.
    func rowsHeld(columnBytes: Int) -> Int { max(1, memoryLimit / 6 / columnBytes) }
}

/// More rows than memory shall hold: their columns lie on disk, and come back in parts.
///
/// What grows with the customers stays in memory, and so do the numbers of the rows that could not
/// be read. No id is written to disk, only numbers.
package struct RowSpool: Sendable {
    /// Some rows in columns, one column behind the other.
    private struct Chunk {
        let rows: Range<Int>
        let place: Int
    }

    /// So that a part needs little beside itself while it is gathered.
    static let chunkRows = 1 << 16

    private let file: SpoolFile
    private let rowsHeld: Int
    private var chunks: [Chunk] = []
    private var end = 0
    /// By customer.
    private var rowCounts: [UInt32] = []
    /// All of the source but its rows.
    private var frame = PurchaseRows()

    init(in folder: String, rowsHeld: Int) throws(IngestionError) {
        file = try SpoolFile(in: folder)
        self.rowsHeld = rowsHeld
    }

    package var count: Int { chunks.last?.rows.upperBound ?? 0 }

    /// Puts the rows on disk; what is not a column of them is left aside.
    mutating func take(_ rows: borrowing PurchaseRows) throws(IngestionError) {
        var first = 0
        while first < rows.count {
            let some = first..<min(first + RowSpool.chunkRows, rows.count)
            let start = count
            chunks.append(Chunk(rows: start..<start + some.count, place: end))
            end = try file.write(rows.customer, some, at: end)
            end = try file.write(rows.day, some, at: end)
            if let amount = rows.amount { end = try file.write(amount, some, at: end) }
            if let order = rows.order { end = try file.write(order, some, at: end) }
            if let key = rows.duplicateKey { end = try file.write(key, some, at: end) }
            for column in rows.groups { end = try file.write(column.codes, some, at: end) }
            first = some.upperBound
        }
        for customer in rows.customer where customer < PurchaseRows.invalidCustomer {
            while rowCounts.count <= Int(customer) { rowCounts.append(0) }
            rowCounts[Int(customer)] += 1
        }
    }

    /// Takes what belongs to all rows: the customers, the groups' names, the spoilt rows' text.
    mutating func close(with rest: consuming PurchaseRows) { frame = rest }

    /// Gives the rows in parts of about as many as may be held at once.
    ///
    /// A customer's rows are in one part, and the parts come in the order of the ids' bytes. Each
    /// part is one reading of the disk.
    func forEachPart(_ body: (consuming PurchaseRows) throws -> Void) throws {
        let order = sortedByBytes(frame.customers)
        var places = [UInt32](repeating: 0, count: order.count)
        for place in order.indices { places[Int(order[place])] = UInt32(place) }
        var first = 0
        repeat {
            var (last, rows) = (first, 0)
            while last < order.count {
                let more = Int(rowCounts[Int(order[last])])
                if rows > 0 && rows + more > rowsHeld { break }
                rows += more
                last += 1
            }
            let part = try part(order, first..<last, places, isFirst: first == 0)
            try body(part)
            first = last
        } while first < order.count
    }

    /// The rows of the customers at these places of the order, and with the first part the rows
    /// that name no customer.
    private func part(
        _ order: [UInt32],
        _ chosen: Range<Int>,
        _ places: [UInt32],
        isFirst: Bool
    ) throws(IngestionError) -> PurchaseRows {
        var part = frame
        part.originals = [:]
        part.numbers = []
        part.customers = StringPool()
        for place in chosen {
            let id = frame.customers.range(Int(order[place]))
            _ = part.customers.append(frame.customers.bytes.span.extracting(id))
        }
        for chunk in chunks {
            let customers = try file.read(UInt32.self, rows: chunk.rows.count, at: chunk.place)
            var own: [Int] = []
            for row in customers.indices {
                var customer = customers[row]
                if customer < PurchaseRows.invalidCustomer {
                    let place = Int(places[Int(customer)])
                    guard chosen.contains(place) else { continue }
                    customer = UInt32(place - chosen.lowerBound)
                } else if !isFirst {
                    continue
                }
                let number = chunk.rows.lowerBound + row
                if !frame.originals.isEmpty, let text = frame.originals[number] {
                    part.originals[part.count] = text
                }
                part.customer.append(customer)
                part.numbers?.append(number + 1)
                own.append(row)
            }
            if !own.isEmpty { try gather(own, of: chunk, into: &part) }
        }
        return part
    }

    private func gather(
        _ own: [Int],
        of chunk: Chunk,
        into part: inout PurchaseRows
    ) throws(IngestionError) {
        let rows = chunk.rows.count
        var place = chunk.place + rows * MemoryLayout<UInt32>.size
        func next<Value: BitwiseCopyable>(
            _ type: Value.Type
        ) throws(IngestionError) -> [Value] {
            defer { place += rows * MemoryLayout<Value>.size }
            return try file.read(type, rows: rows, at: place)
        }
        let days = try next(Int32.self)
        for row in own { part.day.append(days[row]) }
        if part.amount != nil {
            let amounts = try next(Double.self)
            for row in own { part.amount?.append(amounts[row]) }
        }
        if part.order != nil {
            let (orders, keys) = (try next(UInt64.self), try next(UInt64.self))
            for row in own { part.order?.append(orders[row]) }
            for row in own { part.duplicateKey?.append(keys[row]) }
        }
        for column in part.groups.indices {
            let codes = try next(UInt8.self)
            for row in own { part.groups[column].codes.append(codes[row]) }
        }
    }
}

/// The rows of a source, in memory or on disk.
package enum SourceRows: Sendable {
    case held(PurchaseRows)
    case spooled(RowSpool)

    package var count: Int {
        switch self {
        case .held(let rows): rows.count
        case .spooled(let spool): spool.count
        }
    }

    /// Gives all rows, in parts that hold each customer's rows together, in the order of the ids;
    /// rows that are held are one part.
    package consuming func forEachPart(
        _ body: (consuming PurchaseRows) throws -> Void
    ) throws {
        switch consume self {
        case .held(let rows): try body(rows)
        case .spooled(let spool): try spool.forEachPart(body)
        }
    }
}
