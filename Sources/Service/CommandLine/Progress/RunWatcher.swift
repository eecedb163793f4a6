import ControlAPI
import Domain
import Glibc
import WorkerContract

/// Watches one run until it is over, its time is up, or somebody presses Ctrl-C.
///
/// The run does not care whether it is watched.
final class RunWatcher {
    enum Manner {
        /// Shows every change.
        case follow
        /// Shows the end alone.
        case wait
    }

    private let client: ControlClient
    private let surroundings: Surroundings
    private let runID: String
    private let manner: Manner
    private let printsJSON: Bool
    private let deadline: Instant?
    private let display: ProgressDisplay
    private var run: Run?
    private var isOver = false
    /// Set while the service is away.
    private var giveUpAt: Instant?

    init(
        _ runID: String,
        _ manner: Manner,
        _ client: ControlClient,
        _ arguments: ParsedArguments,
        _ surroundings: Surroundings
    ) throws(CommandFailure) {
        self.client = client
        self.surroundings = surroundings
        self.runID = runID
        self.manner = manner
        printsJSON = arguments.has("json")
        let seconds = try arguments.value("timeout").map(DurationArgument.seconds)
        deadline = seconds.map { surroundings.now() + $0 }
        display = ProgressDisplay(surroundings.out, redraws: manner == .follow && !printsJSON)
    }

    func watch() throws(CommandFailure) -> CommandExit {
        surroundings.startCountingInterrupts()
        while true {
            do throws(CommandFailure) {
                try readEvents()
            } catch {
                display.clear()
                if error.exit == .interrupted { return stopWatching(.interrupted) }
                if error.exit == .timedOut { return stopWatching(.timedOut) }
                // A service that restarts comes back; one that was never there does not.
                guard run != nil, error.exit == .unreachable else { throw error }
            }
            if isOver { return finish() }
            if surroundings.interrupts() > 0 { return stopWatching(.interrupted) }
            let limit = giveUpAt ?? (surroundings.now() + 30)
            giveUpAt = limit
            guard surroundings.now() < limit else { throw lost() }
            usleep(500_000)
        }
    }

    private func readEvents() throws(CommandFailure) {
        let left = deadline.map { max(0.001, $0 - surroundings.now()) }
        try client.events(
            of: runID,
            timeoutSeconds: left,
            whileWaiting: { self.redraw(isUrgent: false) },
            take: { event, bytes in
                self.take(event, bytes)
                return !self.isOver
            }
        )
    }

    private func take(_ event: RunEvent, _ bytes: [UInt8]) {
        isOver = event.type == .result
        giveUpAt = nil
        if printsJSON && (manner == .follow || isOver) { surroundings.out.json(bytes) }
        let before = run?.state
        if let current = event.run { run = current }
        if let stage = event.stage {
            if let index = run?.stages.firstIndex(where: { $0.stage == stage.stage }) {
                run?.stages[index] = stage
            } else {
                run?.stages.append(stage)
            }
        }
        if !printsJSON, before != run?.state, let setback {
            display.say(setback, on: surroundings.err)
        }
        guard manner == .follow, !printsJSON else { return }
        if let warning = event.warning {
            display.say("warning: \(printable(warning.message))")
            if let fix = warning.fix { display.say("  fix  \(printable(fix))") }
        }
        if display.redraws {
            redraw(isUrgent: event.stage?.state != .running)
        } else if let change = event.stage?.changeLine ?? stateChange(before) {
            guard let run else { return }
            display.say(
                "\(surroundings.time.clock(event.at)) \(run.tenant)/\(run.job) \(runID) \(change)"
            )
        }
    }

    /// Why a run is queued again, and when it is tried next.
    private var setback: String? {
        guard let run, run.state == .queued, let error = run.error else { return nil }
        let again = run.retryAt.map { ", tried again at \(surroundings.time.clock($0))" } ?? ""
        return "attempt \(max(1, run.attempt - 1)) failed: \(printable(error.message))\(again)"
    }

    private func stateChange(_ before: RunState?) -> String? {
        guard let run, run.state != before, !isOver else { return nil }
        return run.state.rawValue
    }

    private func redraw(isUrgent: Bool) {
        guard let run, !isOver else { return }
        let now = surroundings.now()
        display.draw(at: now, isUrgent: isUrgent) { block(run, now) }
    }

    private func block(_ run: Run, _ now: Instant) -> [String] {
        let started = run.startedAt.map { "started \(surroundings.time.clock($0))" }
        let title = "Run \(runID) \(run.tenant)/\(run.job), \(started ?? run.state.rawValue)"
        let hint = "Ctrl-C stops watching, the run goes on"
        let blanks = max(2, min(100, display.appearance.width) - 1 - title.count - hint.count)
        let fits = title.count + hint.count + 3 < display.appearance.width
        var lines = fits ? [title + String(repeating: " ", count: blanks) + hint] : [title, hint]
        lines.append("")
        lines += run.stages.enumerated().map { $1.blockLine($0 + 1, on: display.appearance) }
        if let startedAt = run.startedAt {
            lines += ["", "\(Format.duration(now - startedAt)) gone"]
        }
        return lines
    }

    private func finish() -> CommandExit {
        display.clear()
        guard let run else { return .failed }
        if !printsJSON {
            RunSummaryText(out: surroundings.out, time: surroundings.time).show(run)
        }
        return run.state.exit
    }

    /// Leaves the run alone, and says so.
    private func stopWatching(_ exit: CommandExit) -> CommandExit {
        if printsJSON, let run {
            surroundings.out.json(RunEvent.end(of: run, at: surroundings.now(), exit: exit))
        }
        let why = exit == .timedOut ? "The time is up" : "Stopped watching"
        surroundings.err.line("\(why); run \(runID) goes on")
        surroundings.err.field("watch", "clvctl watch \(runID)", "  ")
        surroundings.err.field("cancel", "clvctl cancel \(runID)", "  ")
        return exit
    }

    private func lost() -> CommandFailure {
        CommandFailure(
            .unreachable,
            "connection_lost",
            "clvd went away while run \(runID) was watched",
            fix: "systemctl status clvd, then clvctl watch \(runID)"
        )
    }
}

/// `90`, `90s`, `30m`, `2h`: a length of time on the command line.
enum DurationArgument {
    static func seconds(_ text: String) throws(CommandFailure) -> Double {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        let number = unit == nil ? text[...] : text.dropLast()
        guard let value = Double(number), value > 0, value <= 1e7 else {
            throw .usage("\"\(text)\" is not a length of time", fix: "for example 90s, 30m or 2h")
        }
        return value * (unit ?? 1)
    }
}
