package import Domain

/// The forecast as CSV: the columns of `customer_predictions`.
package struct ForecastTable: Sendable {
    /// Fixed cells of every row.
    package struct Labels: Sendable {
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

    private let customers: StringPool
    private let front: [UInt8]
    private let back: [UInt8]
    /// How each field is written, found once and not per cell.
    private let cells: [Cell]

    package init(customers: StringPool, labels: Labels) {
        self.customers = customers
        front = Array("\(csvCell(labels.tenant)),\(csvCell(labels.job)),".utf8)
        back = Array(
            ",\(csvCell(labels.model)),\(csvCell(labels.modelVersion)),\(labels.changedAt)\n".utf8
        )
        cells = ForecastField.allCases.map { Cell($0.kind) }
    }

    /// The rows of consecutive customers, each with all its horizons.
    package func rows(_ batches: [ForecastBatch]) -> [UInt8] {
        guard let first = batches.first else { return [] }
        var text: [UInt8] = []
        text.reserveCapacity(first.customers.count * batches.count * 192)
        for (row, customer) in first.customers.enumerated() {
            let id = csvCell(Array(customers.bytes[customers.range(customer)]))
            for batch in batches {
                text.append(contentsOf: front)
                text.append(contentsOf: id)
                text.append(UInt8(ascii: ","))
                appendDecimal(Int64(batch.horizonDays), decimals: 0, to: &text)
                appendFields(of: batch, row: row, to: &text)
                text.append(contentsOf: back)
            }
        }
        return text
    }

    private func appendFields(
        of batch: borrowing ForecastBatch,
        row: Int,
        to text: inout [UInt8]
    ) {
        for field in ForecastField.allCases {
            text.append(UInt8(ascii: ","))
            let column = batch.columns[field.rawValue]
            guard !column.isEmpty, !column[row].isNaN else { continue }
            cells[field.rawValue].append(column[row], to: &text)
        }
    }
}

private enum Cell {
    case decimal(Int, scale: Double)
    case date
    /// Quoted where they have to be.
    case label([[UInt8]])

    init(_ kind: ForecastField.Kind) {
        switch kind {
        case .number, .percent, .money, .score:
            var scale = 1.0
            for _ in 0..<kind.decimals { scale *= 10 }
            self = .decimal(kind.decimals, scale: scale)
        case .date: self = .date
        case .label(let texts): self = .label(texts.map { csvCell(Array($0.utf8)) })
        }
    }

    func append(_ value: Double, to text: inout [UInt8]) {
        switch self {
        case .decimal(let decimals, let scale):
            appendDecimal(Int64((value * scale).rounded()), decimals: decimals, to: &text)
        case .date: text.append(contentsOf: Day(number: Int32(value)).description.utf8)
        case .label(let texts): text.append(contentsOf: texts[Int(value)])
        }
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
