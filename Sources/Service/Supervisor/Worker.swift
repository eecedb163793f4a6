import Domain
import Glibc
import JSONCoding
import Scheduling
import Subprocess
import Systemd
import WorkerContract

/// A child process that carries out one run: its pipes, its events and its end.
final class Worker {
    /// What a worker tells about.
    struct Listener {
        /// The number counts the events of this worker, from 1.
        var event: (Event, _ line: String, _ number: Int) -> Void
        var log: (String) -> Void
        var end: (WorkerEnd) -> Void
    }

    let run: ScheduledRun
    private let child: Child
    private let listener: Listener
    private let loop: EventLoop
    private let patienceSeconds: Double
    private let startedAt = currentTime()
    private var sources: [Source] = []
    private var events = LineBuffer()
    private var log = LineBuffer()
    private var result: RunResult?
    private var fault: ProblemReport?
    /// At most this is read after the end, from a pipe that somebody else may still hold open.
    private let longestFarewell = 4 << 20
    /// No run has more to tell than this, and so much a second, in bytes of events.
    private static let longestTale = 16 << 20
    private static let toldPerSecond = 64 << 10
    private var told = 0
    private var eventCount = 0
    /// Ends a worker that has said its last and stays.
    private var farewell: Delay?

    /// Starts the process; its plan is in its standard input, which stays open.
    ///
    /// When it has told its result or closed its events, it has `patienceSeconds` to end.
    init(
        _ run: ScheduledRun,
        command: Command,
        loop: EventLoop,
        patienceSeconds: Double,
        listener: Listener
    ) throws {
        self.run = run
        self.loop = loop
        self.patienceSeconds = patienceSeconds
        self.listener = listener
        child = try command.start()
        sources.append(try loop.onExit(of: child.pid) { [unowned self] in ended($0) })
        try watch(Worker.number(of: child.output), loop) { $0.readEvents() }
        try watch(Worker.number(of: child.errors), loop) { $0.readLog() }
    }

    private static func number(of descriptor: borrowing Descriptor?) -> Int32? {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case .none: nil
        }
    }

    private func watch(
        _ descriptor: Int32?,
        _ loop: EventLoop,
        _ read: @escaping (Worker) -> Progress
    ) throws {
        guard let descriptor else { return }
        let index = sources.count
        sources.append(
            try loop.watch(descriptor, .readable) { [unowned self] in
                // An ended pipe stays readable for ever.
                if read(self) == .over { sources[index].pause() }
            }
        )
    }

    var pid: Int32 { child.pid }

    func send(signal: Int32) { child.send(signal: signal) }

    private func ended(_ end: ChildEnd) {
        sources = []
        farewell = nil
        var rest = longestFarewell
        while rest > 0, readEvents() == .more { rest -= 1 << 16 }
        rest = longestFarewell
        while rest > 0, readLog() == .more { rest -= 1 << 16 }
        // The run is over, and so is whatever its worker started.
        send(signal: SIGKILL)
        listener.end(WorkerEnd(end: end, result: result, fault: fault))
    }

    /// What one read leaves to expect.
    private enum Progress { case more, nothingYet, over }

    private func readEvents() -> Progress {
        do {
            let found = try child.output?.read(into: &events)
            while fault == nil, let line = try events.next() { take(line) }
            if found == .end, fault == nil, let line = events.rest() { take(line) }
            if found == .end { expectEnd("closed its events") }
            // What follows is not even read: somebody may go on writing for ever.
            return fault == nil ? progress(found) : .over
        } catch {
            give(up: "it wrote an event line of more than 1 MiB, or its pipe broke: \(error)")
            return .over
        }
    }

    private func readLog() -> Progress {
        do {
            let found = try child.errors?.read(into: &log)
            while let line = try log.next() { tell(line) }
            if found == .end, let line = log.rest() { tell(line) }
            return progress(found)
        } catch {
            listener.log("(what follows is more than 1 MiB without a line end and is left out)")
            return .over
        }
    }

    private func progress(_ found: Descriptor.Read?) -> Progress {
        switch found {
        case .bytes: .more
        case .nothingYet: .nothingYet
        case .end, nil: .over
        }
    }

    private func expectEnd(_ deed: String) {
        guard !sources.isEmpty, farewell == nil else { return }
        let limit = Int(patienceSeconds)
        farewell = try? loop.delay { [unowned self] in
            give(up: "it \(deed) and did not end within \(limit) seconds")
        }
        try? farewell?.set(seconds: patienceSeconds)
    }

    private func tell(_ line: [UInt8]) { listener.log(String(decoding: line, as: UTF8.self)) }

    private func take(_ line: [UInt8]) {
        told += line.count
        let elapsed = max(0, currentTime() - startedAt)
        guard told <= Worker.longestTale + Int(elapsed) * Worker.toldPerSecond else {
            return give(up: "it told \(told >> 20) MiB of events in \(Int(elapsed) + 1) s")
        }
        do {
            let event = try JSONCoding.decode(Event.self, from: line)
            guard event.runID == run.id || event.runID.isEmpty else {
                return give(up: "it told of another run, \"\(event.runID)\"")
            }
            guard result == nil else { return give(up: "it went on after its result") }
            if case .result(let told) = event.content {
                result = told
                expectEnd("told its result")
            }
            eventCount += 1
            listener.event(event, String(decoding: line, as: UTF8.self), eventCount)
        } catch {
            let start = String(decoding: line.prefix(80), as: UTF8.self)
            give(up: "it wrote a line that is no event: \(start) (\("\(error)".prefix(200)))")
        }
    }

    /// Nothing that such a worker says can be believed.
    private func give(up cause: String) {
        guard fault == nil else { return }
        fault = ProblemReport(
            code: "worker_speaks_rubbish",
            message: "cannot understand the worker",
            cause: cause,
            fix: "check that workers.program is clv-worker, and of the version of this clvd"
        )
        send(signal: SIGKILL)
    }
}
