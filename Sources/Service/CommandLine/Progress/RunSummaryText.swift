import ControlAPI
import Domain
import WorkerContract

/// How a run ended and what it leaves, in a few lines.
struct RunSummaryText {
    /// A regression may have a hundred; all are in the report.
    private static let parametersShown = 12

    let out: TextStream
    let time: LocalTime

    func show(_ run: Run) {
        let word = run.state.style.apply(run.state.rawValue, on: out.appearance)
        let took = run.seconds.map {
            (run.state == .succeeded ? " in " : " after ") + Format.duration($0)
        }
        out.line("Run \(run.runID) \(run.tenant)/\(run.job) \(word)\(took ?? "")")
        showFigures(
            rows: run.rows,
            customers: run.data?.customers,
            models: run.models,
            totals: run.totals,
            season: run.season,
            oneTimers: run.oneTimers,
            newcomers: run.newcomers,
            pastTotals: run.pastTotals,
            drift: run.drift,
            currency: run.currency
        )
        if let published = run.published {
            let rows = Format.plural(published.count, "row")
            out.field("wrote", "\(rows), \(Format.count(published.changed)) changed", "  ")
        }
        if let error = run.error {
            out.field("error", error.message, "  ")
            if let cause = error.cause { out.field("cause", cause, "  ") }
            if let fix = error.fix { out.field("fix", fix, "  ") }
        }
        if let retry = run.retryAt { out.field("retry", time.near(retry), "  ") }
        out.field("next", "clvctl status \(run.tenant)/\(run.job)", "  ")
    }

    func showFigures(
        rows: RunResult.Rows?,
        customers: Int?,
        models: [RunResult.Model],
        totals: [ForecastTotal],
        season: String?,
        oneTimers: String?,
        newcomers: String?,
        pastTotals: String?,
        drift: Drift?,
        currency: String?
    ) {
        if let rows {
            var counts =
                "\(Format.plural(rows.read, "row")), \(Format.count(rows.accepted)) accepted, "
                + "\(Format.count(rows.rejected)) rejected"
            if let later = rows.afterAsOf, later > 0 {
                counts += ", \(Format.count(later)) after the last known day"
            }
            out.field(
                "read",
                counts + (customers.map { ", \(Format.plural($0, "customer"))" } ?? ""),
                "  "
            )
        }
        for model in models {
            let how = model.trained ? "fitted" : "from the store"
            let reason = model.reason.isEmpty ? "" : " (\(model.reason))"
            let name = [model.name, model.version, how].filter { !$0.isEmpty }
            out.field("model", name.joined(separator: " ") + reason, "  ")
            if let parameters = model.parameters, !parameters.isEmpty {
                let texts = parameters.prefix(RunSummaryText.parametersShown).map { parameter in
                    let error = parameter.standardError.map { " +- \(Format.significant($0, 2))" }
                    return "\(parameter.name) \(Format.significant(parameter.value, 4))"
                        + (error ?? "")
                }
                let more = parameters.count - texts.count
                let rest = more > 0 ? ", and \(more) more" : ""
                out.field("", texts.joined(separator: ", ") + rest, "  ")
            }
            for code in model.simplifications ?? [] { out.field("", "simpler: \(code)", "  ") }
        }
        if let season { out.field("season", season, "  ") }
        if let oneTimers { out.field("one-timers", oneTimers, "  ") }
        if let newcomers { out.field("newcomers", newcomers, "  ") }
        if let pastTotals { out.field("past", pastTotals, "  ") }
        if let drift { out.field("drift", drift.sentence, "  ") }
        for total in totals where total.group == .all {
            let days = Format.plural(total.horizonDays, "day")
            out.field("total", "\(text(total, currency)) in \(days)", "  ")
            let newcomers = totals.first {
                $0.group == .newcomer && $0.horizonDays == total.horizonDays
            }
            // Hardly any are a sentence above, not a row of zeros.
            if let newcomers, newcomers.expectedPurchases >= 0.5 {
                out.field("", "of which newcomers: \(text(newcomers, currency))", "  ")
            }
        }
    }

    private func text(_ total: ForecastTotal, _ currency: String?) -> String {
        let money = { Format.money($0, currency: currency) }
        let count = { Format.count(Int(($0 as Double).rounded())) }
        let spend = total.spend.map { "\(money($0.expected))\(range($0, money)), " } ?? ""
        return spend + "\(count(total.expectedPurchases))\(range(total.purchases, count)) purchases"
    }

    /// ` (1,480 to 1,840)`, or nothing when it is not known.
    private func range(_ total: Ranged, _ text: (Double) -> String) -> String {
        guard let low = total.low, let high = total.high else { return "" }
        return " (\(text(low)) to \(text(high)))"
    }
}
