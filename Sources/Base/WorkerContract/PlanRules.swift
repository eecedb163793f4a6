import Configuration
import Domain

extension Plan {
    /// Everything in the plan that no launcher of ours writes; empty for a plan that can be
    /// carried out.
    package var impossibilities: [String] {
        var found: [String] = []
        func demand(_ holds: Bool, _ complaint: String) { if !holds { found.append(complaint) } }
        demand(isName(runID), "run_id is no name")
        demand(attempt >= 1 && attempt <= Int32.max, "attempt \(attempt) is not above 0")
        switch work {
        case .run(let settings), .check(let settings):
            demand(isName(tenant), "tenant is no name")
            demand(isName(job), "job is no name")
            demand(store.hasPrefix("/"), "store is no absolute path")
            found += impossibilities(of: settings.job)
        case .pipeline(let settings):
            demand(isUnique(settings.horizons), "settings.horizons are none or not different")
        case .database, .sample: break
        }
        return found
    }

    private func impossibilities(of job: JobSettings) -> [String] {
        let rules: [(holds: Bool, complaint: String)] = [
            (isUnique(job.horizons), "settings.job.horizons are none or not different"),
            ((0...1).contains(job.grossMargin), "settings.job.grossMargin is not from 0 to 1"),
            (
                (0...1).contains(job.annualDiscountRate),
                "settings.job.annualDiscountRate is not from 0 to 1"
            ),
            (job.rejectedRowsKept >= 0, "settings.job.rejectedRowsKept is below 0"),
            (job.keepPublications >= 1, "settings.job.keepPublications is below 1"),
            (job.scoredPublications >= 0, "settings.job.scoredPublications is below 0"),
            (job.historyDays >= 1, "settings.job.historyDays is below 1"),
            (job.rejectedDays >= 1, "settings.job.rejectedDays is below 1"),
            (job.maxTotalShift > 0, "settings.job.maxTotalShift is not above 0"),
            (
                (0...1).contains(job.maxCustomerLoss),
                "settings.job.maxCustomerLoss is not from 0 to 1"
            ),
        ]
        return rules.filter { !$0.holds }.map(\.complaint)
    }

    private func isUnique(_ horizons: [TimePeriod]) -> Bool {
        !horizons.isEmpty && Set(horizons.map(\.days)).count == horizons.count
    }

    /// Names become names of folders, of sessions and keys of rows.
    private func isName(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.hasPrefix(".")
            && text.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && $0 != "/" }
    }
}
