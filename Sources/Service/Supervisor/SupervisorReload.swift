import Configuration
import ControlAPI
import ControlServer
import Domain
import Journal
import Scheduling
import StateDatabase
import Systemd

extension Supervisor {
    /// Puts a new configuration in force as a whole, or keeps the old one and says why.
    func reloadConfiguration() -> ReloadAnswer {
        manager.reloading()
        defer { manager.ready(status: statusLine) }
        do {
            let loaded = try Loader(directories: paths.configuration).loadStrictly()
            let next = try ConfiguredJobs(loaded, generation: configured.generation + 1)
            try apply(next, currentTime())
            control?.access = .ofThisProcess()
            journal.notice(
                "configuration reloaded",
                ["generation": next.generation, "tenants": next.tenantCount, "jobs": next.count]
            )
            return ReloadAnswer(
                ok: true,
                generation: next.generation,
                diagnostics: loaded.diagnostics.map { ConfigurationDiagnostic($0) }
            )
        } catch let error as ConfigurationError {
            for diagnostic in error.diagnostics { log(diagnostic) }
            return refused(error.diagnostics.map { ConfigurationDiagnostic($0) })
        } catch {
            let problem = error as? any Problem ?? InternalProblem(error)
            return refused([
                ConfigurationDiagnostic(
                    severity: "error",
                    summary: problem.message,
                    fix: problem.fix,
                    filename: paths.configuration[0],
                    start: nil,
                    text: problem.description
                )
            ])
        }
    }

    private func refused(_ diagnostics: [ConfigurationDiagnostic]) -> ReloadAnswer {
        journal.error(
            "configuration refused, the old one stays",
            ["generation": configured.generation, "problems": diagnostics.count]
        )
        return ReloadAnswer(
            ok: false,
            generation: configured.generation,
            diagnostics: diagnostics
        )
    }

    /// Throws before it changes anything.
    func apply(_ next: ConfiguredJobs, _ now: Instant) throws {
        let jobs = try next.scheduled()
        configured = next
        isNewlyConfigured = true
        written.forgetAll()
        zoneWatch.watch(Set(jobs.flatMap { $0.schedule.zoneNames }), loop)
        let workers = next.service.workers
        scheduler.policy.slots = workers.slots
        scheduler.policy.tenantSlots = workers.tenantSlots
        scheduler.policy.databaseSlots = workers.databaseSlots
        scheduler.policy.memoryBytes = workers.memory ?? machineMemory() / 5 * 4
        scheduler.policy.programVersion = ProgramVersion.current
        scheduler.policy.stopTimeoutSeconds = Double(workers.stopTimeout)
        state.runsKept = next.service.history.runs
        state.daysKept = next.service.history.days
        scheduler.configure(jobs, degraded: Set(next.degraded.map(\.name)), now: now)
    }

    func log(_ diagnostic: Diagnostic) {
        let place = [diagnostic.line, diagnostic.column].compactMap { $0 }.map { ":\($0)" }
        journal.write(
            diagnostic.severity == .error ? .error : .warning,
            "configuration",
            [
                "at": diagnostic.file + place.joined(), "code": diagnostic.code.rawValue,
                "text": diagnostic.summary, "fix": diagnostic.fix ?? "",
            ]
        )
    }
}
