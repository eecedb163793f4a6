import Domain
import Scheduling

/// A warning of schedules by which nothing ever starts again.
extension JobReader {
    static func warnOfIdleness(
        _ job: JobSettings,
        _ reader: TableReader,
        in zone: String?,
        at now: Instant,
        _ report: inout Report
    ) {
        let key = JobKey(tenant: "", job: job.name)
        var read = ReadCalendars()
        guard let zone = zone.flatMap({ try? TimeZoneRules(named: $0) }),
            let schedule = try? job.schedule(in: zone, key, machine: "", &read),
            let idleness = schedule.idleness(after: now), idleness != .byHand
        else { return }
        report.add(
            Report.Complaint(
                code: .schedule,
                summary: "job \"\(job.name)\" never starts by itself: "
                    + idleness.explanation(in: zone),
                fix: idleness == .shutOut
                    ? "let \(names(of: schedule)) leave some time, or write schedule = [] to start "
                        + "it by hand"
                    : "write a schedule with times to come, or schedule = [] to start it by hand"
            ),
            at: reader.place(
                of: idleness == .shutOut ? keys(of: schedule)[0] : SettingTables.schedule
            ),
            .warning
        )
    }

    /// What shuts times out; not empty for one that nothing is left of.
    private static func keys(of schedule: Schedule) -> [SettingKey] {
        let blackout = schedule.blackouts.isEmpty ? [] : [SettingTables.blackout]
        return blackout + (schedule.excluded.isEmpty ? [] : [SettingTables.excludeCalendar])
    }

    private static func names(of schedule: Schedule) -> String {
        keys(of: schedule).map(\.name).joined(separator: " and ")
    }
}
