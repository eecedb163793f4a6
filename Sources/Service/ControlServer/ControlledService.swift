package import ControlAPI
import Domain
package import HTTPServer

/// What the control socket asks of the service behind it.
package protocol ControlledService: AnyObject {
    /// A `StatusAnswer` as JSON; with a thousand jobs, encoding is what it costs.
    func status() throws -> [UInt8]
    func job(tenant: String, job: String) throws -> JobAnswer
    func start(tenant: String, job: String, _ request: StartRequest) throws -> StartAnswer
    func runs(_ filter: RunFilter) throws -> RunsAnswer
    func run(id: String) throws -> RunAnswer
    func cancel(id: String, by peer: Peer) throws -> RunAnswer
    func next(tenant: String, job: String, count: Int) throws -> NextAnswer
    func models(tenant: String, job: String) throws -> ModelsAnswer
    func why(tenant: String, job: String) throws -> WhyAnswer
    func checks(tenant: String, job: String, limit: Int) throws -> ChecksAnswer
    func hold(tenant: String, job: String, _ request: HoldRequest, by peer: Peer) throws
        -> HoldAnswer
    func release(tenant: String, job: String) throws -> HoldAnswer
    /// Ends the hold of every job.
    func resume() throws -> ResumeAnswer
    func reload() throws -> ReloadAnswer
    /// Sends the run's state now, then what changes, and ends the stream with the run.
    func follow(id: String, _ stream: LineStream)
    /// Keeps who asked for what.
    func audit(_ call: AuditedCall) throws
}

/// Which runs a list shows.
package struct RunFilter: Hashable, Sendable {
    package var tenant: String?
    package var job: String?
    package var state: RunState?
    package var limit: Int
}

/// A call that changes something, or was refused.
package struct AuditedCall: Hashable, Sendable {
    package var peer: Peer
    package var route: String
    package var status: Int
}

/// A call that ends with a problem document.
package struct Refusal: Error {
    package let document: ProblemDocument

    package init(_ document: ProblemDocument) { self.document = document }

    package init(
        status: Int,
        code: String,
        _ message: String,
        cause: String? = nil,
        fix: String? = nil
    ) {
        document = ProblemDocument(
            status: status,
            ProblemReport(code: code, message: message, cause: cause, fix: fix)
        )
    }
}
