import ControlAPI
import Domain
import Glibc
import JSONCoding
import Subprocess
import WorkerContract

/// Starts a worker for one plan, shows how it goes on, and says how it ended.
final class WorkerSession {
    private let surroundings: Surroundings
    private let program: String
    private let plan: Plan
    private let display: ProgressDisplay
    private var stages: [StageProgress] = []
    private var result: RunResult?
    private var foreign: ForeignSchema?
    private let table: Int32?

    /// `table` is a descriptor of ours that the worker gets as number 3; `ownsTerminal` is false
    /// when something else is written to the terminal at the same time.
    init(
        _ plan: Plan,
        _ arguments: ParsedArguments,
        _ surroundings: Surroundings,
        table: Int32? = nil,
        ownsTerminal: Bool = true
    ) throws(CommandFailure) {
        self.plan = plan
        self.table = table
        self.surroundings = surroundings
        let given = arguments.value("worker") ?? surroundings.variable("CLV_WORKER")
        do throws(SubprocessError) {
            program = try WorkerLocation.find(given: given)
        } catch {
            throw CommandFailure(error.report, exit: .failed)
        }
        display = ProgressDisplay(surroundings.err, redraws: ownsTerminal)
    }

    /// Waits for the end.
    func run() throws(CommandFailure) -> RunResult {
        var line: [UInt8]
        do {
            line = try JSONCoding.encode(plan)
        } catch {
            throw CommandFailure(.failed, "plan", "could not write the plan", cause: "\(error)")
        }
        line.append(10)
        surroundings.startCountingInterrupts()
        var command = Command(
            program,
            environment: surroundings.variables.map { "\($0)=\($1)" }.sorted()
        )
        command.input = .pipe(holding: line)
        command.output = .pipe
        command.errors = .pipe
        command.extraDescriptor = table
        // Ctrl-C is ours to answer: the worker is asked to stop, with its own signal.
        command.ownGroup = true
        let end: Termination
        do throws(SubprocessError) {
            end = try attend(try command.start())
        } catch {
            display.clear()
            throw CommandFailure(error.report, exit: .failed)
        }
        return try conclude(end)
    }

    /// Reads events and log lines until both pipes end, then reaps the worker.
    private func attend(_ child: consuming Child) throws(SubprocessError) -> Termination {
        guard let output = child.output.take(), let errors = child.errors.take() else {
            preconditionFailure("both were asked for")
        }
        var events = LineSource(output)
        var log = LineSource(errors)
        var answered = 0
        while events.isOpen || log.isOpen {
            var watched = [events.watched, log.watched]
            _ = unsafe poll(&watched, 2, 200)
            if surroundings.interrupts() > answered {
                answered = surroundings.interrupts()
                child.send(signal: answered == 1 ? SIGTERM : SIGKILL)
            }
            if watched[0].revents != 0 { try events.read(take) }
            if watched[1].revents != 0 { try log.read(passLog) }
            draw(isUrgent: false)
        }
        display.clear()
        return try child.wait()
    }
}

/// A pipe that brings lines.
private struct LineSource: ~Copyable {
    private let descriptor: Descriptor
    private var lines = LineBuffer()
    private(set) var isOpen = true

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// What poll(2) is told.
    var watched: pollfd {
        pollfd(fd: isOpen ? descriptor.number : -1, events: Int16(POLLIN), revents: 0)
    }

    /// Reads once and gives the lines away.
    mutating func read(_ give: ([UInt8]) -> Void) throws(SubprocessError) {
        isOpen = try descriptor.read(into: &lines) != .end
        do throws(LineBuffer.TooLong) {
            while let line = try lines.next() { give(line) }
        } catch {
            give(Array("a line of more than 1 MiB was left out".utf8))
            lines = LineBuffer()
        }
        if !isOpen, let last = lines.rest() { give(last) }
    }
}

extension WorkerSession {
    private func take(_ line: [UInt8]) {
        let event: Event
        do {
            event = try JSONCoding.decode(Event.self, from: line)
        } catch let error as ForeignSchema {
            foreign = error
            return
        } catch {
            // A newer worker may say more than we understand; the result is what counts.
            return
        }
        switch event.content {
        case .result(let result): self.result = result
        case .warning(_, let message, let fix):
            display.say("warning: \(printable(message))")
            if let fix { display.say("  fix  \(printable(fix))") }
        default:
            guard let stage = stages.apply(event.content) else { return }
            if display.redraws {
                draw(isUrgent: stage.state != .running)
            } else if let change = stage.changeLine {
                display.say(change)
            }
        }
    }

    private func passLog(_ line: [UInt8]) {
        display.say(printable(String(decoding: line, as: UTF8.self)))
    }

    private func draw(isUrgent: Bool) {
        guard !stages.isEmpty else { return }
        display.draw(at: surroundings.now(), isUrgent: isUrgent) {
            stages.enumerated().map { $1.blockLine($0 + 1, on: display.appearance) }
        }
    }

    private func conclude(_ end: Termination) throws(CommandFailure) -> RunResult {
        if let table, hasNoReader(table) {
            throw CommandFailure(.brokenPipe, "broken_pipe", "nobody reads the output any more")
        }
        if surroundings.interrupts() > 0 { throw .interrupted }
        if let foreign { throw CommandFailure(foreign.report, exit: .failed) }
        guard end != .exited(0), let error = result?.error else {
            if end == .exited(0), let result, result.status == .succeeded { return result }
            throw crash(end)
        }
        let exit: CommandExit =
            switch end {
            case .exited(ExitCode.configuration.rawValue): .configuration
            case .exited(ExitCode.cancelled.rawValue): .interrupted
            default: .failed
            }
        throw CommandFailure(error, exit: exit)
    }

    private func crash(_ end: Termination) -> CommandFailure {
        let cause =
            switch end {
            case .exited(let code): "it ended with exit code \(code) and no result"
            case .killed(let signal): "signal \(signal): \(signalText(signal))"
            }
        return CommandFailure(
            .failed,
            "worker_crashed",
            "the worker \"\(program)\" crashed",
            cause: cause,
            fix: "try again; if it happens again, report it with the lines above"
        )
    }
}

/// Whether the other end of a pipe is closed, as after `| head`.
private func hasNoReader(_ descriptor: Int32) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&watched, 1, 0) == 1 && watched.revents & Int16(POLLERR) != 0
}

func systemText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
private func signalText(_ number: Int32) -> String {
    unsafe strsignal(number).map { unsafe String(cString: $0) } ?? "unknown"
}
