import Domain
import Features
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import TestSupport

/// The published research data that the golden numbers belong to.
enum CDNOW {
    static let absent = SharedData.absence
    static let folder = SharedData.folder

    static var isHere: Bool { folder != nil }

    /// The calibration half: purchases up to 1997-09-30.
    static func summaries(_ file: String = "cdnow_sample.csv.gz") -> CustomerSummaries {
        let end = Day(number: 10_134)
        return Features.summarise(ledger(file, asOf: end), ThreadTeam(threads: 2))
    }

    static func ledger(_ file: String, asOf: Day) -> Ledger {
        var days: [String: [Int32: Double]] = [:]
        for line in lines(of: (folder ?? "") + "/" + file).dropFirst() {
            let cells = line.split(separator: ",")
            guard cells.count >= 2, let day = Day(cells[1]), day <= asOf else { continue }
            let amount = cells.count > 2 ? Double(cells[2]) ?? 0 : 0
            days[String(cells[0]), default: [:]][day.number, default: 0] += amount
        }
        var pool = StringPool()
        var (offsets, day, amounts): ([UInt32], [Int32], [Double]) = ([0], [], [])
        for (customer, purchases) in days.sorted(by: { $0.key < $1.key }) {
            _ = pool.append(customer)
            for (date, amount) in purchases.sorted(by: { $0.key < $1.key }) {
                day.append(date)
                amounts.append(amount)
            }
            offsets.append(UInt32(day.count))
        }
        return Ledger(customers: pool, offsets: offsets, day: day, amount: amounts, asOf: asOf)
    }

    static func lines(of path: String) -> [Substring] {
        guard let pipe = unsafe popen("/bin/zcat -f '\(path)'", "r") else { return [] }
        defer { unsafe pclose(pipe) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { break }
            text += buffer[..<count]
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
    }
}

/// A data set with the end of its calibration half.
struct DataSet: Sendable {
    var file: String
    var asOf: Day

    /// CDNOW to 1997-09-30, and the grocer to 2006-12-31.
    static let sample = DataSet(file: "cdnow_sample.csv.gz", asOf: Day(number: 10_134))
    static let full = DataSet(file: "cdnow_full.csv.gz", asOf: Day(number: 10_134))
    static let grocery = DataSet(file: "grocery.csv.gz", asOf: Day(number: 13_513))

    func summaries() -> CustomerSummaries {
        Features.summarise(CDNOW.ledger(file, asOf: asOf), ThreadTeam(threads: 2))
    }
}

/// The models of this program, as `Pipeline` lists them.
let catalogue = ModelCatalogue(
    purchases: [
        BetaGeometricFamily(),
        ModifiedBetaGeometricFamily(),
        ParetoFamily(),
        NegativeBinomialFamily(),
        RegularTimingFamily(),
    ] + RegularTimingFamily.regularities.map { RegularTimingFamily(regularity: $0) },
    spend: [GammaGammaFamily(), GammaGammaAllDaysFamily(), LogNormalSpendFamily()]
)

func control(threads: Int = 2) -> WorkControl {
    WorkControl(team: ThreadTeam(threads: threads), isCancelled: { false }, clock: { 0 })
}

/// Whether two numbers agree to a relative error.
func agree(_ one: Double?, _ other: Double, within relative: Double) -> Bool {
    guard let one else { return false }
    return abs(one - other) <= relative * abs(other)
}
