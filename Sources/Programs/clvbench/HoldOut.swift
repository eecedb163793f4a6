import Cleaning
import Configuration
import Domain
import Features
import Glibc
import Ingestion
import Modeling
import Numerics
import Parallel
import ProbabilityModels

/// Every family on real purchases: fitted up to a day, scored on what then happened.
///
/// Per customer: the mean continuous ranked probability score of the number of purchases, the bias of
/// their total, and the randomised probability integral transform: its largest distance from uniform
/// and the share inside the central 90 %. The seed of the randomisation is 1.
struct HoldOut {
    private let known: CustomerSummaries
    /// Purchases and spend of each customer in the hold-out.
    private let later: [(purchases: Int, spend: Double)]
    private let days: Int
    private let control: WorkControl

    private static let purchaseFamilies: [any PurchaseFamily] =
        [
            NegativeBinomialFamily(), BetaGeometricFamily(), ModifiedBetaGeometricFamily(),
            ParetoFamily(),
        ] + RegularTimingFamily.regularities.dropFirst().map { RegularTimingFamily(regularity: $0) }
    private static let spendFamilies: [any SpendFamily] = [
        GammaGammaFamily(), GammaGammaAllDaysFamily(), LogNormalSpendFamily(),
    ]

    /// `amount` is left out where the file has none.
    init(_ path: String, _ calibrationEnd: Day, _ end: Day, amount: String?, _ team: ThreadTeam)
        throws
    {
        let columns = ColumnSettings(
            customer: "customer_id",
            time: "date",
            amount: amount,
            order: nil
        )
        func ledger(_ asOf: Day) throws -> Ledger {
            let rows = try CSVSource(path: path, columns: columns, isCancelled: { false }).read()
            return try clean(rows, by: CleaningRules(asOf: asOf)).ledger
        }
        let (before, whole) = (try ledger(calibrationEnd), try ledger(end))
        known = Features.summarise(before, team)
        days = Int(end.number - calibrationEnd.number)
        var places: [String: Int] = [:]
        for customer in 0..<whole.customerCount {
            places[whole.customers.string(customer)] = customer
        }
        later = (0..<before.customerCount).map { customer in
            guard let place = places[before.customers.string(customer)] else { return (0, 0) }
            let all = Int(whole.offsets[place])..<Int(whole.offsets[place + 1])
            let new = all.filter { whole.day[$0] > calibrationEnd.number }
            return (new.count, new.reduce(0) { $0 + (whole.amount?[$1] ?? 0) })
        }
        control = WorkControl(team: team, isCancelled: { false }, clock: { seconds() })
    }

    func measure() throws(ModelProblem) {
        let bought = later.reduce(0) { $0 + $1.purchases }
        print("  \(known.count) customers, \(bought) purchases in \(days) days")
        print("  family         log-likelihood    CRPS  bias %  PIT distance  inside 90 %")
        let patterns = PurchasePatterns(known)
        let begin = seconds()
        for family in HoldOut.purchaseFamilies {
            let fitted = try family.fit(patterns, .none, control)
            score(try family.load(fitted), fitted, bought)
        }
        print("  all of them in \(fixed(seconds() - begin, 2)) s")
        guard known.hasAmounts else { return }
        for family in HoldOut.spendFamilies {
            let model = try family.load(try family.fit(known, .none, control))
            let average = model.averageSpend(0..<known.count, of: known)
            print("  \(padded(family.name, 14)) rank correlation with the mean spend of returning")
            for (group, isOneTimer) in [("one-timers", true), ("repeaters", false)] {
                let chosen = later.indices.filter {
                    later[$0].purchases > 0 && (known.repeats[$0] == 0) == isOneTimer
                }
                let correlation = rankCorrelation(
                    chosen.map { average[$0] },
                    chosen.map { later[$0].spend / Double(later[$0].purchases) }
                )
                print("    \(group) \(fixed(correlation, 3))")
            }
        }
    }

    /// Prints the scores of one family.
    private func score(_ model: any PurchaseModel, _ fitted: FittedModel, _ bought: Int) {
        var random = RandomSource(seed: 1)
        var (score, expected, places): (Double, Double, [Double]) = (0, 0, [])
        for customer in later.indices {
            let history = PurchaseHistory(
                repeats: known.repeats[customer],
                recency: known.recency[customer],
                age: known.age[customer]
            )
            let counts = model.counts(history, within: Double(days))
            let outcome = later[customer].purchases
            score += counts.crps(of: outcome)
            expected += counts.mean
            let atMost = (0...outcome).reduce(0) { $0 + counts.probability(of: $1) }
            places.append(atMost - random.uniform() * counts.probability(of: outcome))
        }
        places.sort()
        let count = Double(places.count)
        let distance = places.indices.reduce(0) {
            max($0, abs(places[$1] - (Double($1) + 0.5) / count))
        }
        let inside = Double(places.count { $0 >= 0.05 && $0 <= 0.95 }) / count
        let bias = expected / Double(bought) - 1
        print(
            "  \(padded(fitted.name, 14)) \(padded(fixed(fitted.logLikelihood, 2), 14))"
                + " \(padded(fixed(score / count, 4), 7)) \(padded(fixed(100 * bias, 1), 7))"
                + " \(padded(fixed(distance, 4), 13)) \(fixed(100 * inside, 1))"
        )
    }
}

extension HoldOut {
    /// `clvbench holdout FOLDER`: the data sets whose files are there.
    static func run(_ folder: String, _ team: ThreadTeam) throws {
        let sets = [
            ("cdnow_sample.csv.gz", "1997-09-30", "1998-06-30", "amount"),
            ("cdnow_full.csv.gz", "1997-09-30", "1998-06-30", "amount"),
            ("grocery.csv.gz", "2006-12-31", "2007-12-30", nil),
        ]
        for (file, calibrationEnd, end, amount) in sets {
            let path = "\(folder)/\(file)"
            guard unsafe access(path, R_OK) == 0, let first = Day(calibrationEnd),
                let last = Day(end)
            else { continue }
            print("\(file), fitted to \(calibrationEnd), scored to \(end)")
            try HoldOut(path, first, last, amount: amount, team).measure()
        }
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

private func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = pow(10, Double(digits))
    return "\((value * scale).rounded() / scale)"
}
