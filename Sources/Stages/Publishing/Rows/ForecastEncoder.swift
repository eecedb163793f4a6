import Domain

/// Turns forecasts into rows of `customer_predictions_all`, without an object per row.
struct ForecastEncoder {
    private(set) var rows = BinaryRows(capacity: 1 << 18)
    private(set) var rowCount = 0
    private(set) var changedCount = 0
    private let tenant: [UInt8]
    private let publication: Int64
    private let model: [UInt8]
    private let modelVersion: [UInt8]
    /// Microseconds since 2000, as `timestamptz` is sent.
    private let now: Int64
    private let labels: [[[UInt8]]]

    /// Primary keys of Postgres end near 2,700 bytes.
    static let longestCustomer = 2000

    init(tenant: String, publication: Int, model: String, modelVersion: String, now: Int64) {
        self.tenant = Array(tenant.utf8)
        self.publication = Int64(publication)
        self.model = Array(model.utf8)
        self.modelVersion = Array(modelVersion.utf8)
        self.now = now
        labels = ForecastField.allCases.map { field in
            guard case .label(let texts) = field.kind else { return [] }
            return texts.map { Array($0.utf8) }
        }
        rows.reserve(BinaryRows.header.count)
        rows.put(BinaryRows.header, 0..<BinaryRows.header.count)
    }

    mutating func removeRows() { rows.removeAll() }

    mutating func putTrailer() {
        rows.reserve(BinaryRows.trailer.count)
        rows.put(BinaryRows.trailer, 0..<BinaryRows.trailer.count)
    }

    /// One field of a batch, taken apart once so that no row has to.
    struct Column {
        let field: ForecastField
        let type: WireType
        let values: [Double]

        static func all(of batch: ForecastBatch) -> [Column] {
            ForecastField.allCases.map { field in
                let values = batch[field]
                let type = values.isEmpty ? WireType.null : WireType(field.kind)
                return Column(field: field, type: type, values: values)
            }
        }
    }

    /// How a field is sent.
    enum WireType {
        case null, number, money, date, score, label

        init(_ kind: ForecastField.Kind) {
            switch kind {
            case .number, .percent: self = .number
            case .money: self = .money
            case .date: self = .date
            case .score: self = .score
            case .label: self = .label
            }
        }
    }

    /// Adds the row of one customer and horizon; `index` counts inside the batch.
    ///
    /// `earlier` knows what is published now, in the same order as the rows come.
    mutating func append(
        _ columns: [Column],
        at index: Int,
        of batch: ForecastBatch,
        customers: StringPool,
        earlier: EarlierRows?
    ) throws {
        let customer = batch.customers.lowerBound + index
        let id = customers.range(customer)
        guard id.count <= ForecastEncoder.longestCustomer else { throw tooLong(id.count) }
        rows.reserve(id.count + tenant.count + model.count + modelVersion.count + 2048)
        rows.put(Int16(8 + columns.count))
        rows.putField(tenant)
        rows.putField(publication)
        rows.putField(customers.bytes, id)
        rows.putField(Int32(batch.horizonDays))
        let start = rows.count
        for place in columns.indices where !put(columns[place], index) {
            let column = columns[place]
            throw unfit(column.values[index], column.field, customers.string(customer))
        }
        rows.putField(model)
        rows.putField(modelVersion)
        let hash = rows.hash(since: start)
        let unchangedSince = try earlier?.changedAt(
            customers.bytes,
            id,
            horizon: Int32(batch.horizonDays),
            hash: hash
        )
        if unchangedSince == nil { changedCount += 1 }
        rows.putField(unchangedSince ?? now)
        rows.putField(hash)
        rowCount += 1
    }

    /// False when the column's type cannot hold the value.
    private mutating func put(_ column: Column, _ index: Int) -> Bool {
        guard column.type != .null, !column.values[index].isNaN else {
            rows.putNull()
            return true
        }
        let value = column.values[index]
        switch column.type {
        case .null: break
        case .number:
            guard value.isFinite else { return false }
            rows.putField(published(value))
        case .money:
            let scaled = (value * 10_000).rounded()
            guard scaled.magnitude < 1e18 else { return false }
            rows.putMoney(Int64(scaled))
        case .date:
            // The server counts from 2000-01-01, and years after 9999 are nobody's purchase.
            guard (-719_162...2_932_896).contains(value) else { return false }
            rows.putField(Int32(value) - 10_957)
        case .score:
            guard let score = Int16(exactly: value) else { return false }
            rows.putField(score)
        case .label:
            let texts = labels[column.field.rawValue]
            guard let label = Int(exactly: value), texts.indices.contains(label) else {
                return false
            }
            rows.putField(texts[label])
        }
        return true
    }

    private func unfit(
        _ value: Double,
        _ field: ForecastField,
        _ customer: String
    ) -> PublishingError {
        PublishingError(
            "unpublishable_value",
            "\(field.name) of customer \"\(storable(customer))\" cannot be published",
            cause: "\(value) does not fit \(field.sqlType)",
            fix: "correct amounts of this size in the source, or express them in a larger unit",
            .refused
        )
    }

    private func tooLong(_ bytes: Int) -> PublishingError {
        PublishingError(
            "customer_id_too_long",
            "a customer id of \(bytes) bytes cannot be published",
            fix: "select an id of at most \(ForecastEncoder.longestCustomer) bytes in the query",
            .refused
        )
    }
}

/// With the six decimals that are published; no negative zero.
func published(_ value: Double) -> Double {
    let scaled = value * 1e6
    guard scaled.magnitude < 0x1p52 else { return value }
    return scaled.rounded() / 1e6 + 0
}
