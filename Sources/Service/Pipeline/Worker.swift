import CLinux
import Domain
import Glibc
import JSONCoding
import WorkerContract

/// One plan from standard input to an exit code: what `clv-worker` does.
package enum Worker {
    package static func run(input: Int32 = 0, events: Int32 = 1) -> Int32 {
        Cancellation.watchSignals()
        dieWithParent()
        let plan: Plan
        do {
            plan = try PlanReading.read(input)
        } catch {
            return refuse(error, events: events)
        }
        Cancellation.watchEnd(of: input)
        return Worker.run(plan, events: events)
    }

    private static func run(_ plan: Plan, events: Int32) -> Int32 {
        var stream = EventStream(descriptor: events, runID: plan.runID, clock: .system)
        do {
            try stream.send(.runStarted)
            for setting in RunLimits.take(plan) {
                try stream.send(
                    .warning(
                        code: "limit_not_set",
                        message: "could not set \(setting) of the run, it goes on without",
                        fix: "allow it in the unit, or leave \(setting) out"
                    )
                )
            }
            var result = try work(on: plan, &stream)
            result.peakMemoryBytes = PeakMemory.bytes
            try stream.send(.result(result))
            return ExitCode.succeeded.rawValue
        } catch {
            return finish(error, stream)
        }
    }

    static func work(on plan: Plan, _ stream: inout EventStream) throws -> RunResult {
        switch plan.work {
        case .run(let settings): try JobRun(plan, settings).run(&stream)
        case .check(let settings): try DataCheck(plan, settings).run(&stream)
        case .pipeline(let settings): try FileRun(plan, settings).run(&stream)
        case .database(let settings): try DatabaseWork(plan, settings).run()
        case .sample(let settings): try SampleWork(settings).run(&stream)
        }
    }

    /// Tells of a failure in the result event and in the exit code.
    private static func finish(_ error: any Error, _ stream: borrowing EventStream) -> Int32 {
        let problem = problem(behind: error)
        var result = RunResult(
            status: problem.failureClass == .cancelled ? .cancelled : .failed,
            error: problem.report
        )
        result.peakMemoryBytes = PeakMemory.bytes
        // Nobody may be listening any more; the exit code tells the same.
        try? stream.send(.result(result))
        return ExitCode(problem.failureClass)?.rawValue ?? EX_SOFTWARE
    }

    private static func refuse(_ error: any Error, events: Int32) -> Int32 {
        finish(error, EventStream(descriptor: events, runID: "", clock: .system))
    }

    /// Asks the kernel to end this run with its launcher, which may have ended in between.
    private static func dieWithParent() {
        let parent = getppid()
        _ = clinux_set_parent_death_signal(SIGTERM)
        if getppid() != parent { Cancellation.request() }
    }
}
