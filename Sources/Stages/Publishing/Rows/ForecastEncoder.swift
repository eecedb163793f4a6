package import Domain

/// Turns forecasts into rows of `customer_predictions_all`, without an object per row.
///
/// It is a value that several threads may use at once. Whether a row has changed is not its
/// business: every row has `now` as the time of its change, until `Publication` knows better.
package struct ForecastEncoder: Sendable {
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
    }

    /// The rows of consecutive customers, all horizons of a customer together.
    ///
    /// The batches cover the same customers.
    package func encode(
        _ batches: [ForecastBatch],
        customers pool: StringPool
    ) throws -> EncodedRows {
        let batches = batches.sorted { $0.horizonDays < $1.horizonDays }
        let customers = batches.first?.customers ?? 0..<0
        precondition(batches.allSatisfy { $0.customers == customers })
        let columns = batches.map(Column.all)
        var encoded = EncodedRows(customers: customers, horizonsDays: batches.map(\.horizonDays))
        for index in 0..<customers.count {
            for (batch, columns) in zip(batches, columns) {
                try append(columns, at: index, of: batch, customers: pool, to: &encoded)
            }
        }
        return encoded
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
    private func append(
        _ columns: [Column],
        at index: Int,
        of batch: ForecastBatch,
        customers: StringPool,
        to encoded: inout EncodedRows
    ) throws {
        let customer = batch.customers.lowerBound + index
        let id = customers.range(customer)
        guard id.count <= ForecastEncoder.longestCustomer else { throw tooLong(id.count) }
        encoded.rows.reserve(id.count + tenant.count + model.count + modelVersion.count + 2048)
        encoded.rows.put(Int16(8 + columns.count))
        encoded.rows.putField(tenant)
        encoded.rows.putField(publication)
        encoded.rows.putField(customers.bytes, id)
        encoded.rows.putField(Int32(batch.horizonDays))
        let start = encoded.rows.count
        for place in columns.indices where !put(columns[place], index, to: &encoded.rows) {
            let column = columns[place]
            throw UnpublishableValue(
                column.values[index],
                column.field,
                customer: customers.string(customer)
            )
        }
        encoded.rows.putField(model)
        // A fit that comes to the same figures changes no row.
        let hash = encoded.rows.hash(since: start)
        encoded.rows.putField(modelVersion)
        encoded.putEnd(hash: hash, changedAt: now)
    }

    /// False when the column's type cannot hold the value.
    private func put(_ column: Column, _ index: Int, to rows: inout BinaryRows) -> Bool {
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
            // The server counts from 2000-01-01.
            guard ForecastField.dayNumbers.contains(value) else { return false }
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
