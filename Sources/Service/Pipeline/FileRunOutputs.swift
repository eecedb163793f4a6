import Domain
import FileSystem
import JSONCoding
import WorkerContract

/// The files of a forecast without a database: all of them appear at its end, or none does.
///
/// Only the rejected rows are also written when no purchase is left of them.
struct FileRunOutputs: ~Copyable {
    private static let passedDescriptor: Int32 = 3

    /// Nil: the table goes to the descriptor that the launcher passed.
    private var table: NewFile?
    private var report: NewFile?
    private var rejected: NewFile?
    private let tableName: String
    private let tableDescriptor: Int32

    init(_ settings: PipelineSettings) throws {
        func open(_ path: String?) throws -> NewFile? {
            guard let path else { return nil }
            return try NewFile(path, mode: 0o644)
        }
        table = try open(settings.output)
        report = try open(settings.report)
        rejected = try open(settings.rejected)
        tableName = settings.output.map { "file \"\($0)\"" } ?? "the table"
        tableDescriptor = table?.descriptor ?? Self.passedDescriptor
    }

    /// Adds bytes to the table.
    func put(_ bytes: [UInt8]) throws {
        try writeFully(tableDescriptor, bytes, name: tableName)
    }

    mutating func write(_ content: PipelineReport) throws {
        let text = try JSONCoding.encode(content, pretty: true) + [10]
        try report?.write(text)
    }

    mutating func writeRejected(_ account: RowAccount) throws {
        var text = "row_number,reasons,raw\n"
        for row in account.kept {
            let reasons = row.reasons.map(\.rawValue).joined(separator: ";")
            text += "\(row.rowNumber),\(reasons),\(csvCell(row.raw))\n"
        }
        try rejected?.write(Array(text.utf8))
    }

    mutating func commitRejected() throws { try rejected?.commit() }

    mutating func commit() throws {
        try rejected?.commit()
        try report?.commit()
        try table?.commit()
    }
}
