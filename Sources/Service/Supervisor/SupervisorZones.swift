import Configuration
import Domain
import Glibc
import Journal
import Scheduling
import Systemd

/// Notices when the rules of a time zone in use are replaced, as an upgrade of tzdata does.
final class ZoneWatch {
    private var sources: [Source] = []
    private var zones: Set<String> = []
    private var folders: Set<String> = []
    private(set) var hasNews = false

    /// Watches the folders of these zones and of the files that they are links to, and nothing else;
    /// without inotify nothing is noticed until the next reload.
    func watch(_ zones: Set<String>, _ loop: EventLoop) {
        self.zones = zones
        let paths = zones.map { "\(TimeZoneRules.systemDirectory)/\($0)" }
        let wanted = Set((paths + paths.compactMap(ZoneWatch.target)).map(ZoneWatch.folder))
        guard wanted != folders else { return }
        folders = wanted
        sources = wanted.sorted().compactMap { folder in
            try? loop.onChange(ofFolder: folder) { [unowned self] in hasNews = true }
        }
    }

    /// Whether there were news since the last time; a link may lead elsewhere then.
    func takeNews(_ loop: EventLoop) -> Bool {
        guard hasNews else { return false }
        hasNews = false
        watch(zones, loop)
        return true
    }

    private static func folder(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }

    /// Where a link ends; nil when there is nothing.
    private static func target(_ path: String) -> String? {
        guard let target = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(target) }
        return unsafe String(cString: target)
    }
}

extension Supervisor {
    /// Reads the zones in use again, and what is due by them.
    func rereadZones() {
        guard zoneWatch.takeNews(loop) else { return }
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
