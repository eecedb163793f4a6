import Configuration
import Domain
import FileSystem
import TestSupport
import Testing
import WorkerContract

/// A folder with a file to read, and forecasts from it by the real worker.
struct Files {
    /// Forty customers with purchases on many days.
    static let good = text { "\(10 + $0 % 9)" }

    static func text(amount: (_ row: Int) -> String) -> String {
        (0..<400).reduce(into: "c,t,a\n") { text, row in
            let day = Day(number: Int32(19_723 + row * 7 % 300))
            text += "u\(row % 40),\(day),\(amount(row))\n"
        }
    }

    let folder: TemporaryFolder
    var input: String { folder.path + "/in.csv" }
    var output: String { folder.path + "/out.csv" }
    var report: String { folder.path + "/report.json" }
    var rejected: String { folder.path + "/rejected.csv" }

    init(_ bytes: some Sequence<UInt8> = Files.good.utf8) throws {
        folder = try TemporaryFolder()
        try FileSystem.replace(input, with: Array(bytes), mode: 0o644)
    }

    func plan(_ adjust: (inout PipelineSettings) -> Void = { _ in }) throws -> Plan {
        var settings = PipelineSettings(
            path: input,
            columns: .init(customer: "c", time: "t", amount: "a", order: nil),
            horizons: [try #require(TimePeriod("month"))],
            models: [],
            output: output,
            report: report,
            rejected: rejected
        )
        adjust(&settings)
        return Plan(runID: "file", tenant: "file", job: "pipeline", work: .pipeline(settings))
    }

    /// The names in the folder.
    func names() throws -> [String] { try FileSystem.names(in: folder.path) }

    func text(_ path: String) throws -> String {
        String(decoding: try FileSystem.read(path), as: UTF8.self)
    }
}
