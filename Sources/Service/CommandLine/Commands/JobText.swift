import Configuration
import ControlAPI
import Domain
import WorkerContract

/// `clvctl status TENANT/JOB`: everything about one job on one screen.
struct JobText {
    private let answer: JobAnswer
    private let out: TextStream
    private let time: LocalTime

    init(_ answer: JobAnswer, _ surroundings: Surroundings) {
        self.answer = answer
        out = surroundings.out
        time = surroundings.time
    }

    private var job: JobStatus { answer.job }

    func show() {
        let glyph = job.state.style.apply(job.state.glyph(on: out.appearance), on: out.appearance)
        out.line("\(glyph) \(job.name) - \(job.kind.rawValue), next \(job.timePeriod.name)")
        fact("Config", job.origin)
        fact("State", stateLine)
        fact("Hold", holdLine)
        fact("Forecast", forecastLine)
        fact("Output", publicationLine)
        fact("Data", job.newestPurchaseOn.map { "newest purchase on \($0)" })
        fact("Model", modelLine)
        fact("Season", job.lastGoodRun?.season)
        fact("One-timers", job.lastGoodRun?.oneTimers)
        fact("Newcomers", job.lastGoodRun?.newcomers)
        fact("Past", job.lastGoodRun?.pastTotals)
        fact("Drift", job.lastGoodRun?.drift?.sentence)
        showFreshness()
        showError()
        showRuns()
        showSteps()
        out.line("")
        out.line(
            "More: clvctl runs \(job.name)    clvctl models \(job.name)    clvctl next \(job.name)"
        )
    }

    private func fact(_ name: String, _ text: String?) {
        guard let text else { return }
        let blanks = String(repeating: " ", count: max(0, 11 - name.count))
        out.line("\(blanks)\(name): \(printable(text))")
    }

    private var stateLine: String {
        let next = job.nextRun.map {
            "next run \(time.near($0.at)) (in \(Format.duration($0.at - time.now)), \($0.why))"
        }
        return "\(job.stateText); \(next ?? "runs by hand only")"
    }

    private var holdLine: String? {
        guard let hold = job.hold else { return nil }
        let end = hold.until.map { ", until \(time.near($0))" } ?? ""
        return "since \(time.near(hold.since))\(end): \(hold.problem.message)"
    }

    private var forecastLine: String? {
        guard let good = job.lastGoodRun else { return nil }
        let customers = good.customers.map { "\(Format.plural($0, "customer")), " } ?? ""
        let purchases = good.expectedPurchases.map {
            ", \(Format.count(Int($0.rounded()))) purchases"
        }
        let spend = job.forecastText
        return customers + spend + (good.expectedSpend == nil ? "" : purchases ?? "")
    }

    private var publicationLine: String? {
        job.publication.map {
            let known = $0.asOf.map { ", purchases known to \($0)" } ?? ""
            return "published \(time.near($0.publishedAt)) as \($0.publicationID)\(known)"
        }
    }

    private var modelLine: String? {
        job.model.map {
            "\($0.name) \($0.version), \(Format.plural($0.ageDays, "day")) old "
                + "(limit \($0.limitDays))"
                + ($0.staleReasons.isEmpty
                    ? "" : ", stale: \($0.staleReasons.joined(separator: ", "))")
        }
    }

    private func showFreshness() {
        guard let freshness = job.freshness else { return }
        fact(
            "Freshness",
            freshness.verdict.rawValue
                + (freshness.checkedAt.map { ", checked \(time.near($0))" } ?? ", never checked")
        )
        for term in freshness.terms {
            let text = "\(term.verdict.rawValue)  \(term.name): \(term.found)"
            out.line(String(repeating: " ", count: 13) + printable(text))
        }
    }

    private func showError() {
        guard let last = job.lastError else { return }
        fact("Last error", "\(last.problem.message), since \(time.near(last.since))")
        let indent = String(repeating: " ", count: 13)
        if let cause = last.problem.cause { out.field("cause", cause, indent) }
        if let fix = last.problem.fix { out.field("fix", fix, indent) }
        out.field("then", "clvctl run \(job.name) --follow", indent)
    }

    private func showRuns() {
        guard !answer.runs.isEmpty else { return }
        out.line("")
        RunsText(answer.runs, out, time).show(withJob: false)
    }

    private func showSteps() {
        guard let run = answer.runs.first else { return }
        let steps = run.stages.filter { $0.state == .done }.compactMap { step in
            step.seconds.map { "\(step.stage.rawValue) \(Format.duration($0))" }
        }
        guard !steps.isEmpty else { return }
        out.line("")
        out.line("STEPS \(run.runID)   " + steps.joined(separator: "  "))
    }
}
