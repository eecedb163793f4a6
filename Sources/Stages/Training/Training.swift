package import Domain
package import Modeling
import Numerics

/// What training leaves: the fitted models, and what a person should know about them.
package struct TrainedModels: Sendable {
    package var models: [FittedModel]
    /// About models that were left out or fitted to little, beside each model's own warnings.
    package var warnings: [ProblemReport]
}

/// Fits models to customer summaries.
package enum Training {
    /// Below this the differences between customers are mostly noise.
    private static let repeatersWanted = 50

    /// Spearman's correlation of frequency and spend from which on they are not independent.
    private static let dependenceThatCounts = 0.3

    /// Fits the families of `names`; those of `automatic` when empty.
    ///
    /// A spend model that these data cannot support is left out with a warning, and purchases are
    /// forecast alone; a purchase model that they cannot support is an error.
    ///
    /// `progress` is told after each model how many of how many are done.
    package static func fit(
        _ names: [String],
        of catalogue: ModelCatalogue,
        to summaries: CustomerSummaries,
        priors: Priors = .weak,
        _ control: WorkControl,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws(ModelProblem) -> TrainedModels {
        let dependence = spendByFrequency(summaries)
        let plan = try catalogue.plan(
            names,
            hasAmounts: summaries.hasAmounts,
            spendFollowsFrequency: abs(dependence) > dependenceThatCounts
        )
        guard summaries.count > 0 else { throw .noCustomers }
        var trained = TrainedModels(models: [], warnings: plan.warnings)
        let total = plan.purchases.count + plan.returns.count + plan.spend.count
        if !plan.purchases.isEmpty {
            let patterns = PurchasePatterns(summaries)
            for family in plan.purchases {
                var model = try family.fit(patterns, priors, control)
                // A likelihood by the seasonal clock becomes one of the data.
                model.logLikelihood += summaries.calendar?.totalLogRate ?? 0
                trained.models.append(model)
                progress(trained.models.count, total)
            }
        }
        for (index, family) in plan.returns.enumerated() {
            do {
                trained.models.append(try family.fit(summaries, control))
            } catch  where error.failureClass == .refused {
                trained.warnings.append(
                    leftOut(family.name, "the purchase model forecasts one-timers", because: error)
                )
            }
            progress(plan.purchases.count + index + 1, total)
        }
        for (index, family) in plan.spend.enumerated() {
            do {
                trained.models.append(try family.fit(summaries, priors, control))
            } catch  where error.failureClass == .refused {
                trained.warnings.append(
                    leftOut(family.name, "purchases are forecast without spend", because: error)
                )
            }
            progress(plan.purchases.count + plan.returns.count + index + 1, total)
        }
        if abs(dependence) > dependenceThatCounts, !plan.spend.isEmpty,
            !plan.spend.contains(where: \.followsFrequency)
        {
            trained.warnings.append(spendFollowsFrequency(dependence))
        }
        trained.warnings += fewRepeaters(summaries) + leftTruncated(summaries)
        return trained
    }

    /// The families that are fitted when nobody names any: the catalogue's first of purchases and of
    /// spend, or the spend family that follows frequency where spend does; and why that one.
    package static func automatic(
        from catalogue: ModelCatalogue,
        for summaries: CustomerSummaries
    ) throws(ModelProblem) -> (names: [String], reasons: [String: String]) {
        let dependence = spendByFrequency(summaries)
        let plan = try catalogue.plan(
            [],
            hasAmounts: summaries.hasAmounts,
            spendFollowsFrequency: abs(dependence) > dependenceThatCounts
        )
        var reasons: [String: String] = [:]
        for family in plan.spend where family.followsFrequency {
            reasons[family.name] = "spend \(followsFrequency(dependence))"
        }
        return (plan.purchases.map(\.name) + plan.spend.map(\.name), reasons)
    }

    /// Customers enough to tell what is expected of a day without season.
    private static let seasonSample = 20_000

    /// Looks for the season of a history, with the first purchase family of those asked for.
    package static func findSeason(
        _ choice: SeasonChoice,
        _ names: [String],
        of catalogue: ModelCatalogue,
        in counts: DailyCounts,
        _ summaries: CustomerSummaries,
        _ priors: Priors,
        _ control: WorkControl
    ) throws(ModelProblem) -> SeasonFinding {
        guard choice == .auto else { return SeasonFinding(reason: "off: as configured") }
        let plan = try catalogue.plan(
            names,
            hasAmounts: summaries.hasAmounts,
            spendFollowsFrequency: false
        )
        guard SeasonFinder.isLongEnough(counts), summaries.repeats.contains(where: { $0 > 0 }),
            let family = plan.purchases.first
        else { return SeasonFinding(tooShort: counts) }
        let all = PurchasePatterns(summaries)
        let patterns = all.customers > seasonSample ? all.sample(seasonSample) : all
        let plain = try family.load(try family.fit(patterns, priors, control))
        return SeasonFinder.find(in: counts, plain)
    }

    private static func leftOut(
        _ name: String,
        _ instead: String,
        because error: ModelProblem
    ) -> ProblemReport {
        ProblemReport(
            code: error.code,
            message: "model \"\(name)\" is left out, \(instead)",
            cause: error.message,
            fix: error.fix
        )
    }

    private static func spendFollowsFrequency(_ dependence: Double) -> ProblemReport {
        ProblemReport(
            code: "spend_follows_frequency",
            message:
                "spend \(followsFrequency(dependence)), which the model of spend does not know",
            fix: "name \"log_normal\" among the models, or let the program choose"
        )
    }

    private static func followsFrequency(_ dependence: Double) -> String {
        let correlation = (dependence * 100).rounded() / 100
        return "follows frequency: those who come often spend"
            + " \(dependence > 0 ? "more" : "less") each time (rank correlation \(correlation))"
    }

    private static func fewRepeaters(_ summaries: CustomerSummaries) -> [ProblemReport] {
        let repeaters = summaries.repeats.count { $0 > 0 }
        guard repeaters < repeatersWanted else { return [] }
        return [
            ProblemReport(
                code: "few_repeaters",
                message: "only \(repeaters) of \(summaries.count) customers bought on a second day:"
                    + " the forecast rests on little",
                fix: "a longer history, or more customers"
            )
        ]
    }
}

/// Whether the source seems to begin in the middle of the business.
///
/// Then old customers look new in the first weeks: of twelve parts of the history the first has far
/// more first purchases than the later ones. A cohort, which nobody joins later, is none of that.
private func leftTruncated(_ summaries: CustomerSummaries) -> [ProblemReport] {
    let parts = 12
    let span = Int(summaries.age.max() ?? 0) + 1
    guard span >= 180, summaries.count >= 200 else { return [] }
    var arrivals = [Int](repeating: 0, count: parts)
    for age in summaries.age { arrivals[parts - 1 - Int(age) * parts / span] += 1 }
    let later = arrivals.suffix(parts / 2).sorted()
    // The median of the later half; in a cohort it is nobody.
    let usual = (later[parts / 4 - 1] + later[parts / 4]) / 2
    guard usual * 50 >= summaries.count / parts, arrivals[0] > 3 * usual else { return [] }
    return [
        ProblemReport(
            code: "left_truncated",
            message: "the source may begin in the middle of the business: \(arrivals[0]) customers"
                + " seem new in its first \(span / parts) days, later about \(usual) in as many",
            cause: "customers from before the first row look new and younger than they are",
            fix: "let the query reach back to the first purchases, or select only customers whose"
                + " first purchase is known"
        )
    ]
}

/// The rank correlation of x and mean spend among repeaters who spent something, on a sample of many.
private func spendByFrequency(_ summaries: CustomerSummaries) -> Double {
    let sampleSize = 65_536
    let distance = max(1, summaries.count / sampleSize)
    let chosen = stride(from: 0, to: summaries.count, by: distance).filter {
        summaries.repeats[$0] > 0 && summaries.meanSpend[$0] > 0
    }
    return rankCorrelation(
        chosen.map { Double(summaries.repeats[$0]) },
        chosen.map { summaries.meanSpend[$0] }
    )
}

extension ModelCatalogue {
    fileprivate struct Plan {
        var purchases: [any PurchaseFamily] = []
        var returns: [any ReturnFamily] = []
        var spend: [any SpendFamily] = []
        var warnings: [ProblemReport] = []
    }

    /// The families that `names` ask for, each once.
    fileprivate func plan(
        _ names: [String],
        hasAmounts: Bool,
        spendFollowsFrequency: Bool
    ) throws(ModelProblem) -> Plan {
        guard !names.isEmpty else {
            let following = spendFollowsFrequency ? spend.first(where: \.followsFrequency) : nil
            let chosen = following ?? spend.first
            return Plan(
                purchases: Array(purchases.prefix(1)),
                spend: hasAmounts ? chosen.map { [$0] } ?? [] : []
            )
        }
        for name in names where !self.names.contains(name) { throw unknown(name) }
        // The order is the one in which they are named: of several of a kind the first forecasts.
        var plan = Plan(
            purchases: names.compactMap { name in purchases.first { $0.name == name } },
            returns: names.compactMap { name in returns.first { $0.name == name } },
            spend: names.compactMap { name in spend.first { $0.name == name } }
        )
        guard !plan.purchases.isEmpty else { throw noPurchaseModel(among: names) }
        for kind in [
            plan.purchases.map(\.name), plan.returns.map(\.name), plan.spend.map(\.name),
        ] where kind.count > 1 { plan.warnings.append(fittedBeside(kind)) }
        if hasAmounts, plan.spend.isEmpty { plan.warnings.append(noSpendModel) }
        if !hasAmounts, let asked = plan.spend.first {
            plan.spend = []
            plan.warnings.append(
                ProblemReport(
                    code: "no_amounts",
                    message: "model \"\(asked.name)\" is left out: the source has no amounts",
                    fix: "name the column of the amounts: \"amount_indicator\", or --amount"
                )
            )
        }
        return plan
    }

    private func fittedBeside(_ names: [String]) -> ProblemReport {
        let others = names.dropFirst().map { "\"\($0)\"" }.joined(separator: ", ")
        return ProblemReport(
            code: "fitted_beside",
            message: "model \"\(names[0])\" forecasts; \(others) \(names.count > 2 ? "are" : "is")"
                + " fitted beside it",
            fix: "name the one that shall forecast first, or alone"
        )
    }

    private var noSpendModel: ProblemReport {
        ProblemReport(
            code: "no_spend_model",
            message: "the source has amounts and no model of spend is named: purchases are forecast"
                + " without money",
            fix: "add one of " + spend.map { "\"\($0.name)\"" }.joined(separator: ", ")
        )
    }

    private func noPurchaseModel(among names: [String]) -> ModelProblem {
        ModelProblem(
            code: "no_purchase_model",
            message: "no model among " + names.map { "\"\($0)\"" }.joined(separator: ", ")
                + " forecasts purchases",
            fix: "add one of " + purchases.map { "\"\($0.name)\"" }.joined(separator: ", "),
            failureClass: .configuration
        )
    }
}
