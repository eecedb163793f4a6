import Domain
import Glibc
import Modeling
import Parallel
import ProbabilityModels
import Testing

/// How forecasts of the second half did by customer: mean absolute error, root mean square error, bias
/// in percent and correlation, where they are known.
struct KnownErrors: Sendable, CustomTestStringConvertible {
    var model: String
    var data: DataSet
    var absolute: Double
    var square: Double?
    var bias: Double?
    var correlation: Double?

    var testDescription: String { "\(model) on \(data.file)" }

    static let all = [
        KnownErrors("nbd", .sample, 1.0410, square: 1.8595, bias: 55.7, correlation: 0.5834),
        // The bias is printed as -12.2; at the printed parameters it is -12.146.
        KnownErrors("bg_nbd", .sample, 0.7855, square: 1.6080, bias: -12.146, correlation: 0.6256),
        KnownErrors("mbg_nbd", .sample, 0.7648, square: 1.6072, bias: -16.2, correlation: 0.6273),
        KnownErrors(
            "pareto_nbd",
            .sample,
            0.7545,
            square: 1.6028,
            bias: -11.5,
            correlation: 0.6302
        ),
        KnownErrors("bg_nbd", .full, 0.8187, square: 1.7329),
        KnownErrors("mbg_nbd", .full, 0.7945),
        KnownErrors("pareto_nbd", .full, 0.7938, square: 1.7262, correlation: 0.6708),
        KnownErrors("bg_nbd", .grocery, 1.5774, bias: 17.9),
        KnownErrors("mbg_nbd", .grocery, 1.5130),
        KnownErrors("pareto_nbd", .grocery, 1.5079, bias: 17.8),
        KnownErrors("mbg_cnbd_2", .grocery, 1.3998, bias: 12.5),
    ]

    private init(
        _ model: String,
        _ data: DataSet,
        _ absolute: Double,
        square: Double? = nil,
        bias: Double? = nil,
        correlation: Double? = nil
    ) {
        (self.model, self.data, self.absolute) = (model, data, absolute)
        (self.square, self.bias, self.correlation) = (square, bias, correlation)
    }
}

@Suite("forecasts of what then happened", .enabled(if: CDNOW.isHere, "\(CDNOW.absent)"))
struct HoldOutGoldenTests {
    @Test("purchases are off by as much as is known", arguments: KnownErrors.all)
    func purchases(known: KnownErrors) throws {
        let second = try SecondHalf(known.data)
        let found = Errors(try second.expected(by: known.model), second.purchases)
        #expect(abs(found.absolute - known.absolute) <= 5.1e-5, "\(found)")
        if let square = known.square { #expect(abs(found.square - square) <= 5.1e-5, "\(found)") }
        if let bias = known.bias { #expect(abs(found.bias - bias) <= 0.051, "\(found)") }
        if let correlation = known.correlation {
            #expect(abs(found.correlation - correlation) <= 5.1e-5, "\(found)")
        }
    }

    @Test("spend by Pareto/NBD and gamma-gamma is off by as much as is known")
    func spend() throws {
        let second = try SecondHalf(.sample)
        let summaries = second.summaries
        let family = GammaGammaFamily()
        let mean = try family.load(try family.fit(summaries, .none, control()))
            .averageSpend(0..<summaries.count, of: summaries)
        let expected = zip(try second.expected(by: "pareto_nbd"), mean).map { $0 * $1 }
        let found = Errors(expected, second.spend)
        #expect(abs(second.spend.reduce(0, +) - 70_976.39) < 0.005)
        #expect(abs(found.absolute - 29.45) <= 0.0051 && abs(found.square - 72.18) <= 0.0051)
        #expect(abs(found.bias + 14.8) <= 0.051 && abs(found.correlation - 0.572) <= 5.1e-4)
    }
}

/// The customers of a calibration half, and what they did in as many days after it.
private struct SecondHalf {
    let summaries: CustomerSummaries
    var purchases: [Double] = []
    var spend: [Double] = []
    private let days: Int

    init(_ data: DataSet) throws {
        days = data.file.hasPrefix("grocery") ? 364 : 273
        summaries = data.summaries()
        let first = CDNOW.ledger(data.file, asOf: data.asOf)
        let whole = CDNOW.ledger(data.file, asOf: data.asOf + days)
        // Both are in the order of the customers' names.
        var place = 0
        for customer in 0..<first.customerCount {
            while whole.customers.string(place) != first.customers.string(customer) { place += 1 }
            let days = Int(whole.offsets[place])..<Int(whole.offsets[place + 1])
            let later = days.filter { whole.day[$0] > data.asOf.number }
            purchases.append(Double(later.count))
            spend.append(later.reduce(0) { $0 + (whole.amount?[$1] ?? 0) })
        }
    }

    func expected(by name: String) throws -> [Double] {
        let family = try #require(catalogue.purchases.first { $0.name == name })
        let fitted = try family.fit(PurchasePatterns(summaries), .none, control())
        return PurchaseForecaster(
            try family.load(fitted),
            for: FrequencyAgeGrid(summaries),
            over: Horizon(days: days),
            ThreadTeam(threads: 2)
        )
        .forecast(0..<summaries.count, of: summaries).expectedPurchases
    }
}

private struct Errors {
    var absolute = 0.0
    var square = 0.0
    /// In percent of the total.
    var bias = 0.0
    var correlation = 0.0

    init(_ expected: [Double], _ actual: [Double]) {
        let count = Double(actual.count)
        let pairs = Array(zip(expected, actual))
        absolute = pairs.reduce(0) { $0 + abs($1.0 - $1.1) } / count
        square = sqrt(pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / count)
        let (sum, all) = (expected.reduce(0, +), actual.reduce(0, +))
        bias = 100 * (sum / all - 1)
        func product(_ one: [Double], _ other: [Double]) -> Double {
            zip(one, other).reduce(0) { $0 + $1.0 * $1.1 } / count
        }
        let (mean, middle) = (sum / count, all / count)
        correlation =
            (product(expected, actual) - mean * middle)
            / sqrt(
                (product(expected, expected) - mean * mean)
                    * (product(actual, actual) - middle * middle)
            )
    }
}
