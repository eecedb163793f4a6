package import Domain
import Glibc
package import Modeling

/// Cox regression of the time from the first to the second purchase day.
///
/// Covariates are the first day's total and the month of it, and those that the source maps. Whoever
/// came back is an event, everybody else has waited until the as-of date.
package struct CoxFamily: ReturnFamily {
    package let name = "cox"

    /// Below this chance decides.
    private static let eventsWanted = 50

    package init() {}

    package func fit(
        _ summaries: CustomerSummaries,
        _ control: WorkControl
    ) throws(ModelProblem) -> FittedModel {
        let begin = control.clock()
        guard let first = summaries.firstPurchases else { throw .noCustomers }
        let events = summaries.repeats.count { $0 > 0 }
        guard events >= CoxFamily.eventsWanted else {
            throw .tooFewReturns(name, events, of: summaries.count, wanted: CoxFamily.eventsWanted)
        }
        let months = ReturnCovariates.months(in: summaries)
        let table = SurvivalTable(
            times: zip(first.gap, summaries.calendarAge).map { $0 > 0 ? $0 : $1 },
            hasEvent: first.gap.map { $0 > 0 },
            Covariates(
                numbers: ReturnCovariates.logSpend(first).map { [$0] } ?? [],
                factors: (ReturnCovariates.factor(months).map { [$0] } ?? [])
                    + first.groups.compactMap { ReturnCovariates.factor($0, summaries) }
            )
        )
        var (fit, warnings) = try regression(table, control)
        warnings += first.groups.compactMap { ReturnCovariates.fault(of: $0, among: fit.names) }
        let curve = ReturnCurve(fit.baseline)
        var model = FittedModel(
            name: name,
            logLikelihood: fit.logLikelihood,
            customers: summaries.count,
            iterations: fit.iterations,
            converged: fit.converged,
            gradientNorm: fit.gradientNorm,
            seconds: control.clock() - begin,
            warnings: warnings
        )
        for (index, covariate) in fit.names.enumerated() {
            model.parameters[covariate] = fit.coefficients[index]
            model.standardErrors[covariate] = fit.standardErrors[index]
            if fit.means[index] != 0 { model.parameters["mean_\(covariate)"] = fit.means[index] }
        }
        model.parameters["m"] = curve.tail.followUp / 7
        model.parameters["c"] = curve.tail.c
        model.parameters["g"] = curve.tail.g
        model.metrics = ["concordance": fit.concordance, "events": Double(events)]
        model.curves = [CoxReturnModel.dailyCurve: curve.daily]
        return model
    }

    /// What the data leave open is decided by a weak prior, and said so.
    private func regression(
        _ table: SurvivalTable,
        _ control: WorkControl
    ) throws(ModelProblem) -> (CoxRegression, [ProblemReport]) {
        do {
            return (try CoxRegression(table, control), [])
        } catch .cancelled {
            throw .cancelled
        } catch let trouble {
            do {
                let fit = try CoxRegression(table, ridge: 1, control)
                return (fit, [ProblemReport(guarding: name, against: trouble)])
            } catch .cancelled {
                throw .cancelled
            } catch {
                throw ModelProblem(
                    code: "fit_failed",
                    message: "cannot fit model \"\(name)\": its likelihood is not finite"
                        + " for these data",
                    fix: "look for extreme amounts or dates in the source"
                )
            }
        }
    }

    package func load(_ fitted: FittedModel) throws(ModelProblem) -> any ReturnModel {
        guard let model = CoxReturnModel(fitted) else {
            throw .damaged(fitted, expected: "m, c, g and coefficients with a curve that rises")
        }
        return model
    }
}

extension ProblemReport {
    fileprivate init(guarding model: String, against trouble: CoxTrouble) {
        let why =
            switch trouble {
            case .collinear(let name): "\"\(name)\" cannot be told from other covariates"
            case .separated(let name): "all or none with some \"\(name)\" came back"
            case .noEvents, .cancelled: "there is nothing to learn from"
            }
        self.init(
            code: "weak_prior_taken",
            message: "model \"\(model)\" was fitted with a weak prior: \(why)",
            fix: "nothing is to be done; more customers determine it"
        )
    }
}

extension ModelProblem {
    fileprivate static func tooFewReturns(
        _ model: String,
        _ events: Int,
        of customers: Int,
        wanted: Int
    ) -> ModelProblem {
        ModelProblem(
            code: "too_few_returns",
            message: "cannot fit model \"\(model)\": only \(events) of \(customers) customers"
                + " bought on a second day, and it takes \(wanted)",
            fix: "a longer history, or more customers"
        )
    }
}
