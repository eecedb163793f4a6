import Domain
import Parallel
import Postgres
import Publishing

/// Publishing and reading beside bare COPY in a database of its own, and what readers notice of ten
/// publications: `clvbench publishing SOCKET [ROWS]`.
struct PublishingBench {
    let rows: Int
    private let connect: @Sendable () throws -> Connection
    private let destination: Destination
    private let customers: StringPool

    init(socket: String, rows: Int) throws {
        self.rows = rows
        connect = benchDatabase(socket)
        destination = try Destination(
            schema: "clv",
            tenant: "bench",
            job: "publishing",
            connect: connect
        )
        var pool = StringPool()
        for number in 0..<rows { _ = pool.append("c" + padded(number, 9)) }
        customers = pool
    }

    static func run(socket: String, rows: Int) throws {
        let bench = try PublishingBench(socket: socket, rows: rows)
        _ = try Migrations.migrate("clv", on: bench.connect())
        let publishing = try bench.publishing()
        let reading = try ReadingBench(socket: socket, rows: rows).figures()
        let watched = try bench.watchReaders()
        print(
            "{\"rows\":\(rows),\(publishing),\(reading),\(watched)}"
        )
    }

    /// A first publication and one with its comparison, each beside a COPY and key of the same rows.
    private func publishing() throws -> String {
        try publish("warm", scale: 1)
        let connection = try connect()
        var blocks: [[UInt8]] = []
        try connection.copyOut("COPY clv.customer_predictions_1 TO STDOUT (FORMAT binary)") {
            blocks.append($0)
        }
        var bare: [Double] = []
        var first: [Double] = []
        var again: [Double] = []
        // In turns, so that the machine's moods meet all of them.
        for round in 1...3 {
            bare.append(try bareCopy(blocks, on: connection))
            try connection.execute("DELETE FROM clv.current_publications")
            first.append(try timed { try publish("first \(round)", scale: 1) })
            bare.append(try bareCopy(blocks, on: connection))
            again.append(try timed { try publish("again \(round)", scale: 1) })
            _ = OldPublications.remove(keeping: 1, in: destination)
        }
        let copy = bare.min() ?? .nan
        return """
            "copy_and_key_seconds":\(rounded(copy)),\
            "first_ratio":\(rounded((first.min() ?? .nan) / copy)),\
            "again_ratio":\(rounded((again.min() ?? .nan) / copy))
            """
    }

    /// The server writes no log for a table of the same transaction, here as in a publication.
    private func bareCopy(_ blocks: [[UInt8]], on connection: Connection) throws -> Double {
        let spent = try timed {
            try connection.transaction {
                try connection.execute("CREATE TABLE bare (LIKE clv.customer_predictions_all)")
                let writer = try connection.copyIn("COPY bare FROM STDIN (FORMAT binary)")
                for block in blocks { try writer.write(block.span) }
                _ = try writer.finish()
                try connection.execute(
                    "ALTER TABLE bare ADD PRIMARY KEY (customer_id, horizon_days)"
                )
            }
        }
        try connection.execute("DROP TABLE bare")
        return spent
    }

    /// Ten publications, three of them kept, while readers read.
    private func watchReaders() throws -> String {
        try publish("before", scale: 2)
        let readers = try WatchedReaders(connect: connect)
        var sizes: [Int] = []
        for round in 1...10 {
            try readers.know(publish("watched \(round)", scale: 2 + Double(round)))
            _ = OldPublications.remove(keeping: 3, in: destination)
            let size = try connect().execute("SELECT pg_database_size(current_database())")
            sizes.append((size.integer(0, 0) ?? 0) / 1_000_000)
        }
        let seen = try readers.end()
        return """
            "answers":\(seen.answers),"answers_not_whole":\(seen.foreign),\
            "longest_lock_wait_ms":\(rounded(seen.longestLockWait * 1000)),\
            "database_megabytes":[\(sizes.map { "\($0)" }.joined(separator: ","))]
            """
    }

    /// One whole run, as the pipeline makes it; gives the publication's number.
    @discardableResult
    private func publish(_ run: String, scale: Double) throws -> Int {
        let connection = try connect()
        let lease = try Lease.acquire(for: destination, holder: run, on: connection)
        let record = RunRecord(runID: run)
        let ledger = try RunLedger.open(record, in: destination, under: lease, on: connection)
        guard let month = TimePeriod("month") else { preconditionFailure("a month is known") }
        let header = PublicationHeader(
            asOf: Day(number: 20_000),
            timePeriod: month,
            currency: "EUR",
            model: "bench",
            modelVersion: "v1",
            maxTotalShift: nil
        )
        let publication = try Publication.begin(header, of: ledger, under: lease)
        let parts = ThreadTeam.chunks(of: rows, by: 16_384)
        let (encoder, customers) = (publication.encoder, customers)
        try ThreadTeam().inOrder(parts.count) { part in
            Result { try encoder.encode([batch(parts[part], scale)], customers: customers) }
        } consume: { encoded in
            _ = try publication.append(encoded.get(), customers: customers)
        }
        let total = ForecastTotal(horizonDays: 365, purchases: Ranged(Double(rows)))
        return try publication.finish(totals: [total], models: [], figures: RunFigures()).number
    }
}

/// Every column has a value, and every range is in order.
private func batch(_ range: Range<Int>, _ scale: Double) -> ForecastBatch {
    var batch = ForecastBatch(customers: range, horizonDays: 30)
    func fill(_ fields: [ForecastField], _ value: (Double) -> Double) {
        for (place, field) in fields.enumerated() {
            // An expected value, then where it lies at low and at high.
            let factor = [1, 0.5, 2][place % 3]
            batch[field] = range.map { factor * value(Double(($0 * 31) % 1013 + 1)) }
        }
    }
    fill([.expectedPurchases, .expectedPurchasesLow, .expectedPurchasesHigh]) { $0 / 97 }
    fill([.expectedAverageSpend, .expectedAverageSpendLow, .expectedAverageSpendHigh]) {
        20.125 + $0 / 7
    }
    fill([.expectedSpend, .expectedSpendLow, .expectedSpendHigh]) { scale * $0 / 11 }
    fill([.expectedValue, .expectedValueLow, .expectedValueHigh]) { scale * $0 / 13 }
    for field in [ForecastField.returnProbability, .pAlive] { fill([field]) { $0 / 2000 } }
    for field in [ForecastField.historicSpend, .totalCLV] { fill([field]) { $0 * 1.01 } }
    fill([.clvPercentile]) { $0 / 20 }
    for field in [ForecastField.rfmRecencyScore, .rfmFrequencyScore, .rfmMonetaryScore] {
        batch[field] = range.map { Double(1 + $0 % 5) }
    }
    batch[.rfmScore] = range.map { Double(111 + $0 % 5) }
    for field in [ForecastField.customerGroup, .segment, .clvLevel] {
        batch[field] = range.map { Double($0 % 2) }
    }
    for field in [ForecastField.nextPurchaseOn, .nextPurchaseOnLow, .nextPurchaseOnHigh] {
        batch[field] = range.map { Double(20_000 + $0 % 300) }
    }
    return batch
}
