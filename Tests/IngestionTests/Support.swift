import Configuration
import Domain
import FileSystem
import Glibc
import TestSupport

@testable import Ingestion

let shopColumns = ColumnSettings(
    customer: "user_id",
    time: "days",
    amount: "amount",
    order: nil
)
let orderColumns = ColumnSettings(
    customer: "user_id",
    time: "days",
    amount: "amount",
    order: "order_id"
)

/// Decodes text as a file would be, in blocks of a given size.
func decode(
    _ text: some Sequence<UInt8>,
    columns: ColumnSettings = shopColumns,
    blockSize: Int = 1 << 18,
    originalsKept: Int = 100
) throws(IngestionError) -> PurchaseRows {
    let bytes = Array(text)
    var decoder = CSVDecoder(
        path: "shop.csv",
        columns: columns,
        times: TimeParser(zoneDay: { $0.utcDay }),
        originalsKept: originalsKept
    )
    for start in stride(from: 0, to: bytes.count, by: blockSize) {
        try decoder.decode(Array(bytes[start..<min(start + blockSize, bytes.count)]))
    }
    return try decoder.finish()
}

func decode(
    _ text: String,
    columns: ColumnSettings = shopColumns,
    blockSize: Int = 1 << 18,
    originalsKept: Int = 100
) throws(IngestionError) -> PurchaseRows {
    try decode(
        Array(text.utf8),
        columns: columns,
        blockSize: blockSize,
        originalsKept: originalsKept
    )
}

extension PurchaseRows {
    /// A row as text that tests can compare: `customer|day|amount`.
    func shown(_ row: Int) -> String {
        let id = customer[row] == Self.noCustomer ? "-" : customers.string(Int(customer[row]))
        let time =
            switch day[row] {
            case Self.noTime: "none"
            case Self.invalidTime: "invalid"
            case Self.malformedRow: "malformed"
            default: Day(number: day[row]).description
            }
        guard let amount = amount?[row] else { return "\(id)|\(time)" }
        let money =
            switch amount.bitPattern {
            case Self.missingAmount.bitPattern: "none"
            case Self.unreadableAmount.bitPattern: "unreadable"
            default: "\(amount)"
            }
        return "\(id)|\(time)|\(money)"
    }

    var shown: [String] { (0..<count).map { shown($0) } }
}

extension TemporaryFolder {
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try FileSystem.replace("\(path)/\(name)", with: bytes)
        return "\(path)/\(name)"
    }
}

private struct NoGzip: Error {}

/// Bytes compressed by the gzip program.
func gzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let plain = try folder.write("plain", bytes)
    guard let pipe = unsafe popen("gzip -c '\(plain)'", "r") else { throw NoGzip() }
    defer { unsafe pclose(pipe) }
    var packed: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = unsafe fread(&block, 1, block.count, pipe)
        if count == 0 { return packed }
        packed += block[..<count]
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
