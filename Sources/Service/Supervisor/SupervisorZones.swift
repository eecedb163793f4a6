import Configuration
import Domain
import Journal
import Scheduling
import Systemd

/// Notices when the rules of a time zone in use are replaced, as an upgrade of tzdata does.
final class ZoneWatch {
    private var sources: [Source] = []
    private var folders: Set<String> = []
    private(set) var hasNews = false

    /// Watches the folders of these zones and nothing else; without inotify nothing is noticed
    /// until the next reload.
    func watch(_ zones: Set<String>, _ loop: EventLoop) {
        let root = TimeZoneRules.systemDirectory
        let wanted = Set(
            zones.map { name in
                ([root] + name.split(separator: "/").dropLast().map(String.init))
                    .joined(separator: "/")
            }
        )
        guard wanted != folders else { return }
        folders = wanted
        sources = wanted.sorted().compactMap { folder in
            try? loop.onChange(ofFolder: folder) { [unowned self] in hasNews = true }
        }
    }

    /// Whether there were news since the last time.
    func takeNews() -> Bool {
        defer { hasNews = false }
        return hasNews
    }
}

extension Supervisor {
    /// Reads the zones in use again, and what is due by them.
    func rereadZones() {
        guard zoneWatch.takeNews() else { return }
        do {
            let next = try configured.rereadingZones()
            let jobs = try next.scheduled()
            configured = next
            written.forgetAll()
            scheduler.redefine(jobs, now: currentTime())
            journal.notice("time zones changed, due times are computed anew")
        } catch {
            let problem = error as? any Problem ?? InternalProblem(error)
            journal.error(
                "could not read the time zones again, the old rules stay",
                ["error": problem.message, "fix": problem.fix ?? ""]
            )
        }
    }
}
