import Domain
import Glibc
import Scheduling
import Systemd
import WorkerContract

/// What the end of a worker means for its run.
struct WorkerEnd {
    var end: ChildEnd
    /// The `result` event, if it came.
    var result: RunResult?
    /// What was wrong with its output, if anything.
    var fault: ProblemReport?

    var outcome: RunOutcome {
        if let fault { return .failed(.crash, fault) }
        switch end {
        case .killed(let signal): return killed(by: signal)
        case .exited(let code): return exited(with: code)
        }
    }

    private func exited(with number: Int32) -> RunOutcome {
        guard let code = ExitCode(rawValue: number) else {
            return .failed(
                .crash,
                result?.error
                    ?? ProblemReport(
                        code: "worker_crashed",
                        message: "the worker ended with the unknown exit code \(number)",
                        fix: WorkerEnd.readLog
                    )
            )
        }
        guard let failure = code.failureClass else { return succeeded }
        return .failed(failure, result?.error ?? silence(failure, number))
    }

    /// Stands for the reason that the worker did not give.
    private func silence(_ failure: FailureClass, _ number: Int32) -> ProblemReport {
        if failure == .cancelled {
            return ProblemReport(code: failure.rawValue, message: "the worker was asked to stop")
        }
        return ProblemReport(
            code: failure.rawValue,
            message: "the worker ended with exit code \(number) and without a reason",
            fix: WorkerEnd.readLog
        )
    }

    private var succeeded: RunOutcome {
        if result?.status == .succeeded { return .succeeded }
        let message =
            result == nil
            ? "the worker ended with exit code 0 and without a result"
            : "the worker ended with exit code 0 but its result is no success"
        return .failed(
            .crash,
            ProblemReport(code: "worker_crashed", message: message, fix: WorkerEnd.readLog)
        )
    }

    private static let readLog = "read what the worker wrote last: journalctl -u clvd"

    private func killed(by signal: Int32) -> RunOutcome {
        let report = ProblemReport(
            code: signal == SIGKILL ? "worker_killed" : "worker_crashed",
            message: "the worker was ended by signal \(signalName(signal))",
            fix: signal == SIGKILL
                ? "if nobody did it, memory ran out: look for \"oom\" in journalctl -k"
                : WorkerEnd.readLog
        )
        // These are ways to ask a process to stop, before it could say so itself.
        let wasAsked = signal == SIGTERM || signal == SIGINT || signal == SIGHUP
        return .failed(wasAsked ? .cancelled : .crash, report)
    }
}
