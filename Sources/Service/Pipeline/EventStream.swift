package import Domain
import FileSystem
import Glibc
import JSONCoding
package import WorkerContract

/// Writes a run's events, one JSON line each, and keeps the seconds of its stages.
package struct EventStream: ~Copyable {
    private let descriptor: Int32
    private let runID: String
    private let clock: Clock
    package private(set) var seconds: [Stage: Double] = [:]

    package init(descriptor: Int32, runID: String, clock: Clock) {
        self.descriptor = descriptor
        self.runID = runID
        self.clock = clock
    }

    package func send(_ content: Event.Content) throws {
        let event = Event(runID: runID, at: clock.now(), content: content)
        try writeFully(descriptor, try JSONCoding.encode(event) + [10], name: "the event stream")
    }

    package func warn(_ problem: ProblemReport) throws {
        let cause = problem.cause.map { ": \($0)" } ?? ""
        try send(.warning(code: problem.code, message: problem.message + cause, fix: problem.fix))
    }

    /// Runs one stage between its two events; `rows` counts what came out of it.
    package mutating func stage<Value>(
        _ stage: Stage,
        rows: (borrowing Value) -> Int,
        _ body: (borrowing EventStream) throws -> Value
    ) throws -> Value {
        try send(.stageStarted(stage))
        let start = clock.now()
        let value = try body(self)
        let taken = clock.now() - start
        seconds[stage, default: 0] += taken
        try send(.stageFinished(stage, seconds: taken, rows: rows(value)))
        return value
    }
}

/// Where the time comes from: the system's clock in a program, a manual one in a test.
package struct Clock: Sendable {
    package let now: @Sendable () -> Instant

    package init(now: @escaping @Sendable () -> Instant) { self.now = now }

    package static let system = Clock {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
