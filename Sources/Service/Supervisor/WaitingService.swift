package import ControlAPI
package import ControlServer
package import Domain
import Glibc
package import HTTPServer
import StateDatabase
import Systemd

/// What clvd is while its state cannot be written: up, and telling why.
///
/// A full disk is nobody's decision and ends by itself or by somebody's hand. Until then nothing can be
/// kept, so nothing is started, and every caller learns the reason.
package final class WaitingService {
    private static let secondsToWait = 5.0

    private let problem: any Problem

    /// Nil for a problem that no waiting mends.
    package init?(_ problem: any Problem) {
        guard let error = problem as? StateError, error.failureClass == .transient else {
            return nil
        }
        self.problem = problem
    }

    /// Answers for a few seconds.
    ///
    /// - Returns: whether it is worth another try; false when a signal asked for the end.
    package func run(passed: Int32?, _ paths: SupervisorPaths) throws -> Bool {
        try ControlSocket.open(passed: passed, path: paths.socket) { listening in
            let loop = try EventLoop()
            let control = try ControlServer(
                listening: listening,
                loop: loop,
                service: self,
                access: .ofThisProcess()
            )
            defer { control.stop() }
            let signals = try [SIGTERM, SIGINT].map { signal in
                try loop.onSignal(signal) { loop.stop(code: 1) }
            }
            defer { withExtendedLifetime(signals) {} }
            try loop.feedWatchdog()
            let end = try loop.delay { loop.stop(code: 0) }
            try end.set(seconds: WaitingService.secondsToWait)
            // Up: a start that never ends would be killed.
            ServiceManager().ready(status: "waiting: \(problem.message)")
            return try loop.run {
                control.handleRequests()
                control.sendReplies(changesIn: 0) { _ in true }
                try? control.finishTurn()
            } == 0
        }
    }

    private var refusal: Refusal {
        Refusal(
            status: 503,
            code: problem.code,
            "clvd waits, and starts nothing: \(problem.message)",
            cause: problem.cause,
            fix: problem.fix
        )
    }
}

extension WaitingService: ControlledService {
    package func status() throws -> [UInt8] { throw refusal }
    package func job(tenant: String, job: String) throws -> JobAnswer { throw refusal }
    package func runs(_ filter: RunFilter) throws -> RunsAnswer { throw refusal }
    package func run(id: String) throws -> RunAnswer { throw refusal }
    package func cancel(id: String, by peer: Peer) throws -> RunAnswer { throw refusal }
    package func models(tenant: String, job: String) throws -> ModelsAnswer { throw refusal }
    package func why(tenant: String, job: String) throws -> WhyAnswer { throw refusal }
    package func release(tenant: String, job: String) throws -> HoldAnswer { throw refusal }
    package func resume() throws -> ResumeAnswer { throw refusal }
    package func reload() throws -> ReloadAnswer { throw refusal }
    package func follow(id: String, _ stream: LineStream) { stream.end() }
    package func audit(_ call: AuditedCall) throws {}

    package func start(
        tenant: String,
        job: String,
        _ request: StartRequest
    ) throws -> StartAnswer { throw refusal }

    package func next(tenant: String, job: String, count: Int) throws -> NextAnswer {
        throw refusal
    }

    package func checks(tenant: String, job: String, limit: Int) throws -> ChecksAnswer {
        throw refusal
    }

    package func hold(
        tenant: String,
        job: String,
        _ request: HoldRequest,
        by peer: Peer
    ) throws -> HoldAnswer { throw refusal }
}
