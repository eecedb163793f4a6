import Cleaning
import Configuration
import Domain
import FileSystem
import Glibc
import Ingestion
import JSONCoding
import Pipeline
import Sampling
import WorkerContract

/// Forecasts of totals from many earlier dates beside what then came.
///
/// Each is a whole run of `clvctl pipeline` as of its date, so that the procedure is the product's own.
struct CoverageBench {
    /// Dates are two weeks apart; outcomes of a horizon overlap, so that they are far from independent.
    private static let stepDays = 14
    private static let horizons = [30, 90, 180, 365]
    /// A forecast from less history is not judged, nor one over more than twice as long.
    private static let leastHistoryDays = 90

    private let name: String
    private let settings: PipelineSettings
    private let truth: Ledger

    private init(_ path: String, _ columns: ColumnSettings, output: String) throws {
        name = String(path.split(separator: "/").suffix(1).joined().prefix { $0 != "." })
        settings = PipelineSettings(
            path: path,
            columns: columns,
            horizons: [],
            models: [],
            output: output + "/table",
            report: nil,
            rejected: nil
        )
        let rows = try CSVSource(path: path, columns: columns, isCancelled: { false }).read()
        truth = try clean(rows, by: CleaningRules()).ledger
    }

    /// `clvbench coverage FOLDER OUTPUT [NAME]`: the files of real purchases that are there and three
    /// sample shops, or those whose name holds NAME; each run's report, and what
    /// then came, is left in OUTPUT.
    static func run(_ folder: String, output: String, only name: String) throws {
        try FileSystem.makeFolders(output)
        let start = seconds()
        var (all, real) = (CoverageTable(), CoverageTable())
        for path in try realFiles(folder) + samples(output) where path.contains(name) {
            let begin = seconds()
            let bench = try CoverageBench(path, columns(path), output: output)
            let cases = try bench.cases(output)
            print("\(bench.name): \(Int(seconds() - begin)) s")
            CoverageTable(cases).show()
            all.cases += cases
            if !path.hasPrefix(output) { real.cases += cases }
        }
        print("all files")
        all.show()
        print("files of real purchases")
        real.show()
        print("\(Int(seconds() - start)) s")
    }

    /// Files with a line for each purchase: `customer_id,date` and perhaps `amount`.
    private static func realFiles(_ folder: String) throws -> [String] {
        let wanted = ["cdnow_full", "grocery", "online_retail_ii_invoices", "shop_"]
        return try FileSystem.names(in: folder).sorted()
            .filter { name in name.contains(".csv") && wanted.contains { name.hasPrefix($0) } }
            .map { "\(folder)/\($0)" }
    }

    private static func samples(_ output: String) throws -> [String] {
        try [(2000, 1), (5000, 2), (20_000, 3)].map { customers, seed in
            let folder = "\(output)/sample-\(seed)"
            let path = "\(output)/sample_of_\(customers).csv"
            try SampleShop(customers: customers, seed: UInt64(seed)).write(to: folder)
            try FileSystem.rename("\(folder)/transactions.csv", to: path)
            return path
        }
    }

    private static func columns(_ path: String) -> ColumnSettings {
        path.contains("/sample_of_")
            ? ColumnSettings(
                customer: "user_id",
                time: "days",
                amount: "transaction_value",
                order: "order_id"
            )
            : ColumnSettings(
                customer: "customer_id",
                time: "date",
                amount: path.contains("/grocery") ? nil : "amount",
                order: nil
            )
    }

    private func cases(_ output: String) throws -> [CoverageCase] {
        guard let first = truth.day.min(), let last = truth.day.max() else { return [] }
        var found: [CoverageCase] = []
        // Back from the end, so that the last outcome of the shortest horizon is the newest there is.
        for asOf in stride(from: last - 30, through: first + 90, by: -Self.stepDays) {
            let history = Int(asOf - first)
            let horizons = Self.horizons.filter {
                Int(last - asOf) >= $0 && history >= max(Self.leastHistoryDays, $0 / 2)
            }
            var settings = settings
            settings.horizons = horizons.compactMap { TimePeriod("\($0) days") }
            let report = "\(output)/\(name)-\(Day(number: asOf)).json"
            settings.report = report
            let plan = Plan(
                runID: "bench",
                tenant: "bench",
                job: "bench",
                asOf: Day(number: asOf),
                work: .pipeline(settings)
            )
            try Worker.runQuietly(plan)
            let said = try JSONCoding.decode(Report.self, from: FileSystem.read(report))
            let new = horizons.flatMap { cases(said, after: asOf, $0) }
            found += new
            try FileSystem.replace(
                "\(output)/\(name)-\(Day(number: asOf)).csv",
                with: Array(([CoverageCase.header] + new.map(\.line)).joined(separator: "\n").utf8)
            )
        }
        return found
    }

    /// Of customers who had come by a day, of those who had not, and of both.
    private func cases(_ report: Report, after asOf: Int32, _ days: Int) -> [CoverageCase] {
        let outcome = outcome(after: asOf, days)
        let outcomes: [(TotalGroup, Outcome)] = [
            (.customers, outcome.existing), (.newcomer, outcome.new),
            (.all, outcome.existing + outcome.new),
        ]
        return outcomes.flatMap { group, outcome in
            let total = (report.totals + report.groupTotals).first {
                $0.group == group && $0.horizonDays == days
            }
            guard let total else { return [CoverageCase]() }
            let purchases = CoverageCase(
                .init(days: days, group: group, measure: "purchases"),
                total.purchases,
                outcome.purchases,
                one: 1
            )
            let spend = total.spend.flatMap { spend in
                CoverageCase(
                    .init(days: days, group: group, measure: "spend"),
                    spend,
                    outcome.spend,
                    one: spend.expected / max(total.purchases.expected, 1e-9)
                )
            }
            return [purchases, spend].compactMap(\.self)
        }
    }

    /// What is read of `pipeline --report`.
    private struct Report: Decodable {
        var totals: [ForecastTotal]
        var groupTotals: [ForecastTotal]

        private enum CodingKeys: String, CodingKey {
            case totals
            case groupTotals = "group_totals"
        }
    }

    private struct Outcome {
        var purchases = 0.0
        var spend = 0.0

        static func + (one: Outcome, other: Outcome) -> Outcome {
            Outcome(
                purchases: one.purchases + other.purchases,
                spend: one.spend + other.spend
            )
        }
    }

    private func outcome(after asOf: Int32, _ days: Int) -> (existing: Outcome, new: Outcome) {
        var (existing, new) = (Outcome(), Outcome())
        for customer in 0..<truth.customerCount {
            let all = Int(truth.offsets[customer])..<Int(truth.offsets[customer + 1])
            let window = all.filter { truth.day[$0] > asOf && truth.day[$0] <= asOf + Int32(days) }
            let sum = Outcome(
                purchases: Double(window.count),
                spend: window.reduce(0) { $0 + (truth.amount?[$1] ?? 0) }
            )
            if truth.day[all.lowerBound] <= asOf {
                existing = existing + sum
            } else {
                new = new + sum
            }
        }
        return (existing, new)
    }
}
