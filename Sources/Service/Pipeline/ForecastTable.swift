package import Domain
import FileSystem

/// The forecast as CSV: the columns of `customer_predictions`, a batch at a time.
package struct ForecastTable: ~Copyable {
    /// Fixed cells of every row.
    package struct Labels {
        package var tenant: String
        package var job: String
        package var model: String
        package var modelVersion: String
        package var changedAt: String

        package init(
            tenant: String,
            job: String,
            model: String,
            modelVersion: String,
            changedAt: String
        ) {
            self.tenant = tenant
            self.job = job
            self.model = model
            self.modelVersion = modelVersion
            self.changedAt = changedAt
        }
    }

    package static var header: String {
        let names =
            ["tenant_id", "job_name", "customer_id", "horizon_days"]
            + ForecastField.allCases.map(\.name) + ["model", "model_version", "changed_at"]
        return names.joined(separator: ",") + "\n"
    }

    /// The file in the making; nil when the table goes to a descriptor of somebody else's.
    private var file: NewFile?
    private let descriptor: Int32
    private let front: [UInt8]
    private let back: [UInt8]
    private var buffer: [UInt8] = []

    package init(to descriptor: Int32, labels: Labels) {
        self.init(file: nil, descriptor: descriptor, labels: labels)
    }

    package init(replacing path: String, labels: Labels) throws {
        let file = try NewFile(path, mode: 0o644)
        let descriptor = file.descriptor
        self.init(file: file, descriptor: descriptor, labels: labels)
    }

    private init(file: consuming NewFile?, descriptor: Int32, labels: Labels) {
        self.file = file
        self.descriptor = descriptor
        front = Array("\(csvCell(labels.tenant)),\(csvCell(labels.job)),".utf8)
        back = Array(
            ",\(csvCell(labels.model)),\(csvCell(labels.modelVersion)),\(labels.changedAt)\n".utf8
        )
        buffer.append(contentsOf: ForecastTable.header.utf8)
    }

    /// Adds the rows of consecutive customers, each with all its horizons.
    package mutating func append(_ batches: [ForecastBatch], customers: StringPool) throws {
        guard let first = batches.first else { return }
        for (row, customer) in first.customers.enumerated() {
            let id = csvCell(Array(customers.bytes[customers.range(customer)]))
            for batch in batches {
                buffer.append(contentsOf: front)
                buffer.append(contentsOf: id)
                buffer.append(UInt8(ascii: ","))
                appendDecimal(Int64(batch.horizonDays), decimals: 0, to: &buffer)
                appendFields(of: batch, row: row)
                buffer.append(contentsOf: back)
            }
            if buffer.count >= 256 << 10 { try flush() }
        }
    }

    /// Writes what is left; a file appears whole.
    package mutating func finish() throws {
        try flush()
        if var file = file.take() { try file.commit() }
    }

    private mutating func appendFields(of batch: borrowing ForecastBatch, row: Int) {
        for field in ForecastField.allCases {
            buffer.append(UInt8(ascii: ","))
            let column = batch.columns[field.rawValue]
            guard !column.isEmpty, !column[row].isNaN else { continue }
            appendCell(column[row], kind: field.kind)
        }
    }

    private mutating func appendCell(_ value: Double, kind: ForecastField.Kind) {
        switch kind {
        case .number: appendDecimal(Int64((value * 1e6).rounded()), decimals: 6, to: &buffer)
        case .money: appendDecimal(Int64((value * 1e4).rounded()), decimals: 4, to: &buffer)
        case .score: appendDecimal(Int64(value), decimals: 0, to: &buffer)
        case .date: buffer.append(contentsOf: Day(number: Int32(value)).description.utf8)
        case .label(let labels): buffer.append(contentsOf: labels[Int(value)].utf8)
        }
    }

    private mutating func flush() throws {
        try writeFully(descriptor, buffer, name: "the table")
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Appends `value / 10^decimals` as decimal digits.
package func appendDecimal(_ value: Int64, decimals: Int, to buffer: inout [UInt8]) {
    if value < 0 { buffer.append(UInt8(ascii: "-")) }
    var digits: (low: UInt64, count: Int) = (value.magnitude, 0)
    var reversed: InlineArray<24, UInt8> = .init(repeating: 48)
    while digits.low > 0 || digits.count <= decimals {
        reversed[digits.count] = 48 + UInt8(digits.low % 10)
        digits.low /= 10
        digits.count += 1
    }
    for index in stride(from: digits.count - 1, through: 0, by: -1) {
        buffer.append(reversed[index])
        if index == decimals && decimals > 0 { buffer.append(UInt8(ascii: ".")) }
    }
}

/// A CSV cell, quoted where RFC 4180 wants it.
package func csvCell(_ text: String) -> String {
    String(decoding: csvCell(Array(text.utf8)), as: UTF8.self)
}

package func csvCell(_ text: [UInt8]) -> [UInt8] {
    let needsQuotes = text.contains { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }
    guard needsQuotes else { return text }
    var cell: [UInt8] = [34]
    for byte in text {
        if byte == 34 { cell.append(34) }
        cell.append(byte)
    }
    cell.append(34)
    return cell
}
