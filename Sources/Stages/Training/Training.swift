package import Domain
package import Modeling

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

    /// Fits the families of `names`; the catalogue's first of purchases and of spend when empty.
    ///
    /// A spend model that these data cannot support is left out with a warning, and purchases are
    /// forecast alone; a purchase model that they cannot support is an error.
    ///
    /// `progress` is told after each model how many of how many are done.
    package static func fit(
        _ names: [String],
        of catalogue: ModelCatalogue,
        to summaries: CustomerSummaries,
        _ control: WorkControl,
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws(ModelProblem) -> TrainedModels {
        let plan = try catalogue.plan(names, hasAmounts: summaries.hasAmounts)
        guard summaries.count > 0 else { throw .noCustomers }
        var trained = TrainedModels(models: [], warnings: plan.warnings)
        let total = plan.purchases.count + plan.returns.count + plan.spend.count
        if !plan.purchases.isEmpty {
            let patterns = PurchasePatterns(summaries)
            for family in plan.purchases {
                trained.models.append(try family.fit(patterns, control))
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
                trained.models.append(try family.fit(summaries, control))
            } catch  where error.failureClass == .refused {
                trained.warnings.append(
                    leftOut(family.name, "purchases are forecast without spend", because: error)
                )
            }
            progress(plan.purchases.count + plan.returns.count + index + 1, total)
        }
        trained.warnings += fewRepeaters(summaries)
        return trained
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
        hasAmounts: Bool
    ) throws(ModelProblem) -> Plan {
        guard !names.isEmpty else {
            return Plan(
                purchases: Array(purchases.prefix(1)),
                spend: hasAmounts ? Array(spend.prefix(1)) : []
            )
        }
        for name in names where !self.names.contains(name) { throw unknown(name) }
        var plan = Plan(
            purchases: purchases.filter { names.contains($0.name) },
            returns: returns.filter { names.contains($0.name) },
            spend: spend.filter { names.contains($0.name) }
        )
        guard !plan.purchases.isEmpty else { throw noPurchaseModel(among: names) }
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
