import CLinux
import Configuration
import ControlAPI
import ControlServer
import Domain
import Glibc
import HTTPServer
package import Journal
import ModelStore
import Scheduling
import StateDatabase
import Systemd
import WorkerContract

/// Where the service finds and keeps things.
package struct SupervisorPaths: Sendable {
    /// Folders of the configuration; the first that has a file of some name wins.
    package var configuration: [String]
    package var state: String
    /// Only used when no socket is passed.
    package var socket: String

    package init(configuration: [String], state: String, socket: String) {
        self.configuration = configuration
        self.state = state
        self.socket = socket
    }

    /// As the packages install it.
    package static let system = SupervisorPaths(
        configuration: Loader.systemDirectories,
        state: "/var/lib/clvd",
        socket: Route.socketPath
    )
}

/// The service: ties schedule, state, workers and control channel together in turns of one loop.
///
/// A turn takes what came, lets the scheduler decide and commits, and only then answers callers. What
/// a crash of the machine must not undo waits until the commit is on disk, while turns go on: workers
/// that start or stop, and answers to calls that change something.
package final class Supervisor {
    let paths: SupervisorPaths
    let environment: [String: String]
    let journal: Journal
    let manager = ServiceManager()
    let loop: EventLoop
    let state: StateDatabase
    let startedAt: Instant
    var configured: ConfiguredJobs
    /// Jobs may have gone; their old runs go when the state knows which ones.
    var isNewlyConfigured = true
    var scheduler: Scheduler
    var workers: [String: Worker] = [:]
    let zoneWatch = ZoneWatch()
    private(set) lazy var dataChecks = DataChecks(self)
    /// The steps of the runs that go on.
    var stages: [String: [StageProgress]] = [:]
    var written = WrittenJobs()
    let fileChecks = FileChecks()
    var followers: [String: [LineStream]] = [:]
    /// The last good run of each job, by the state database.
    var lastGood: [JobKey: StoredRun] = [:]
    var control: ControlServer?
    /// Looks at freshness that are due: of a thousand at once a turn makes only some.
    var dueChecks: [(key: JobKey, due: Instant)] = []
    /// What must not come before its commit is on disk.
    private var waiting: [(effect: Scheduler.Action, commit: UInt64)] = []
    private var wake: Timer?
    /// What can wait until a second has gone by is done then, and only after something happened.
    private var calm: Delay?
    /// What a long wait does not need is given back when a second goes by without anything.
    private var quiet: Delay?
    /// Counts what happened.
    var news = 0
    private var newsInCalm = 0
    private var connections = 0
    private var clockOffset = currentClockOffset()
    private let newIDs = NewIDs()
    private var sources: [Source] = []
    private var disk: Source?
    private var shownStatus = ""
    private var isReady = false
    var failure: (any Problem)?

    /// Takes the state directory and the configuration; throws what keeps the service from starting.
    package init(
        paths: SupervisorPaths,
        environment: [String: String],
        journal: Journal
    ) throws {
        let now = currentTime()
        self.paths = paths
        self.environment = environment
        self.journal = journal
        startedAt = now
        let loaded = try Loader(directories: paths.configuration).load()
        configured = try ConfiguredJobs(loaded, generation: 1)
        let state = try StateDatabase(directory: paths.state)
        self.state = state
        loop = try EventLoop()
        let newIDs = newIDs
        scheduler = Scheduler { now in
            newRunID(at: now) { id in
                // A database that cannot be read ends the service at its next commit.
                !newIDs.insert(id) || (try? state.run(id: id)) != nil
            }
        }
        for diagnostic in loaded.diagnostics { log(diagnostic) }
        lastGood = try state.lastGoodRuns()
        if let why = try troubledStart(now) { scheduler.suspend(why, now: now) }
        scheduler.restore(runs: try state.openRuns(), jobs: try state.jobs(), now: now)
        try apply(configured, now)
        // A disk that takes nothing is told before the service is up, not after.
        try state.waitForDisk()
    }

    /// Serves until a signal ends it, on the socket that systemd passed or one of its own.
    ///
    /// - Returns: the exit code.
    package func run(passed: Int32?) throws -> Int32 {
        do {
            return try ControlSocket.open(passed: passed, path: paths.socket, serve)
        } catch {
            // Whoever says why it ends has not crashed; a state that cannot be written says nothing.
            try? state.end(lifeFrom: startedAt, at: currentTime(), inOrder: false)
            throw error
        }
    }

    private func serve(listening: Int32) throws -> Int32 {
        control = try ControlServer(
            listening: listening,
            loop: loop,
            service: self,
            access: .ofThisProcess()
        )
        defer {
            control?.stop()
            disk = nil
        }
        try watchSignals()
        try watchDisk()
        try loop.feedWatchdog()
        wake = try loop.timer {}
        calm = try loop.delay { [unowned self] in calmDown() }
        quiet = try loop.delay { [unowned self] in giveBack() }
        try turn()
        isReady = true
        news += 1
        shownStatus = statusLine
        manager.ready(status: shownStatus)
        journal.notice(
            "ready",
            [
                "version": ProgramVersion.current, "tenants": configured.tenantCount,
                "jobs": configured.count, "degraded": configured.degraded.count,
            ]
        )
        let code = try loop.run { self.guardedTurn() }
        if let failure { throw failure }
        try state.end(lifeFrom: startedAt, at: currentTime(), inOrder: true)
        journal.notice("stopped")
        return code
    }

    private func watchSignals() throws {
        for signal in [SIGTERM, SIGINT] {
            sources.append(try loop.onSignal(signal) { [unowned self] in drain() })
        }
        sources.append(
            try loop.onSignal(SIGHUP) { [unowned self] in _ = reloadConfiguration() }
        )
        sources.append(
            try loop.onClockStep { [unowned self] in
                clockWasSet()
            }
        )
    }

    private func watchDisk() throws {
        guard let descriptor = state.syncDescriptor else { return }
        disk = try loop.watch(descriptor, .readable) { [unowned self] in
            orStop { try state.noteSync() }
        }
    }

    private func clockWasSet() {
        let offset = currentClockOffset()
        let step = offset - clockOffset
        clockOffset = offset
        journal.notice("the clock was set", ["seconds": Int(step)])
        written.forgetAll()
        scheduler.clockStepped(now: currentTime(), by: step)
    }

    private func drain() {
        guard !scheduler.isDraining else { return }
        let count = scheduler.running.count
        journal.notice("stopping", ["runs": count])
        manager.stopping(status: "stopping, waiting for \(count) runs")
        dueChecks = []
        scheduler.drain(now: currentTime())
        dataChecks.stop()
    }

    private func guardedTurn() { orStop(turn) }

    /// What fails here ends the service.
    private func orStop(_ work: () throws -> Void) {
        do { try work() } catch {
            failure = error as? any Problem ?? InternalProblem(error)
            loop.stop(code: 1)
        }
    }

    private static let longestTurn = Duration.milliseconds(5)

    /// Everything that one turn of the loop leads to.
    private func turn() throws {
        rereadZones()
        let start = ContinuousClock.now
        repeat {
            if control?.hasRequests == true { news += 1 }
            control?.handleRequests()
            makeDueChecks()
            var commit: UInt64
            repeat {
                let effects = try settle()
                commit = try state.commit()
                waiting += effects.map { ($0, commit) }
            } while carryOutWhatIsOnDisk()
            control?.sendReplies(changesIn: commit) { state.isOnDisk($0) }
            try control?.finishTurn()
            // Sending may have read the next request, which makes nothing readable any more; who sends
            // one behind the other must not keep all else waiting.
        } while control?.hasRequests == true && ContinuousClock.now - start < Self.longestTurn
        newIDs.forget()
        if let count = control?.connections, count != connections {
            news += 1
            connections = count
        }
        let now = currentTime()
        let isUnfinished = !dueChecks.isEmpty || control?.hasRequests == true
        try wake?.set(isUnfinished ? now : scheduler.nextWake(after: now))
        if news != newsInCalm, calm?.isSet != true {
            showStatus()
            try calm?.set(seconds: 1)
        }
        if scheduler.isDraining, scheduler.isIdle, dataChecks.isIdle, state.isOnDisk() {
            loop.stop(code: 0)
        }
    }

    /// - Returns: whether there was anything, so that the scheduler may have to decide again.
    private func carryOutWhatIsOnDisk() -> Bool {
        let count = waiting.prefix { state.isOnDisk($0.commit) }.count
        guard count > 0 else { return false }
        let effects = waiting.prefix(count).map(\.effect)
        waiting.removeFirst(count)
        carryOut(effects)
        return true
    }

    /// Once a second at most: events reach the disk, and systemd hears what goes on.
    private func calmDown() {
        newsInCalm = news
        orStop {
            try calm?.set(seconds: nil)
            try state.commitAll()
            try quiet?.set(seconds: 1)
        }
        showStatus()
    }

    private func giveBack() {
        guard news == newsInCalm, workers.isEmpty, connections == 0 else { return }
        orStop { try state.tidy() }
        written.forgetAll()
        clinux_release_memory()
    }

    private func showStatus() {
        guard isReady, !scheduler.isDraining else { return }
        let text = statusLine
        guard text != shownStatus else { return }
        shownStatus = text
        manager.status(text)
    }
}

/// The ids that were given in this turn and may not be in the database yet.
private final class NewIDs {
    private var ids: Set<String> = []

    /// Whether the id is new.
    func insert(_ id: String) -> Bool { ids.insert(id).inserted }

    func forget() { if !ids.isEmpty { ids = [] } }
}

/// An error that no module foresaw.
struct InternalProblem: Problem {
    let cause: String?

    init(_ error: any Error) { cause = "\(error)" }

    var code: String { "internal_error" }
    var message: String { "the service failed for a reason that was not foreseen" }
    var fix: String? { "report it with the lines before it in the journal" }
    var failureClass: FailureClass { .crash }
}
