import ControlAPI
import Domain
import HTTPServer
import JSONCoding
package import Systemd

/// The control channel: requests become calls of the service, answers to changes wait for its commit.
package final class ControlServer {
    package var access: AccessRules
    private let server: HTTPServer
    private unowned let service: any ControlledService
    private var sources: [Source] = []
    private var idle: Delay?
    private var replies: [Kept] = []

    private enum Reply {
        case whole(HTTPResponse)
        case events(ofRun: String)
    }

    /// An answer that is not sent before a commit is on disk; nil: the one that comes.
    private struct Kept {
        let exchange: Exchange
        let reply: Reply
        var commit: UInt64?

        init(_ exchange: Exchange, _ reply: Reply, after commit: UInt64?) {
            (self.exchange, self.reply, self.commit) = (exchange, reply, commit)
        }
    }

    /// Serves a socket that already listens, from the loop's turns.
    package init(
        listening: Int32,
        loop: EventLoop,
        service: any ControlledService,
        access: AccessRules
    ) throws {
        var limits = HTTPLimits()
        limits.headers = [Route.apiHeader: Route.apiVersion]
        server = try HTTPServer(listening: listening, limits: limits)
        self.service = service
        self.access = access
        let server = server
        sources = [try loop.watch(server.descriptor, .readable) { server.run() }]
        idle = try loop.delay { server.run() }
    }

    /// Calls the service for each request that came; the answers are kept back.
    package func handleRequests() {
        for exchange in server.takeRequests() {
            let isRead = exchange.request.method == Method.get.rawValue
            replies.append(Kept(exchange, reply(to: exchange.request), after: isRead ? 0 : nil))
        }
    }

    package var connections: Int { server.connections }
    package var hasRequests: Bool { server.hasRequests }

    /// Sends the answers that may be sent.
    ///
    /// To reads at once, to changes when the commit that holds them is on disk; `commit` holds all that
    /// was changed up to now.
    package func sendReplies(changesIn commit: UInt64, isOnDisk: (UInt64) -> Bool) {
        guard !replies.isEmpty else { return }
        var kept: [Kept] = []
        for var reply in replies {
            let needed = reply.commit ?? commit
            if isOnDisk(needed) {
                send(reply)
            } else {
                reply.commit = needed
                kept.append(reply)
            }
        }
        replies = kept
    }

    private func send(_ kept: Kept) {
        switch kept.reply {
        case .whole(let response): kept.exchange.answer(response)
        case .events(let id):
            service.follow(id: id, kept.exchange.stream(contentType: "application/jsonl"))
        }
    }

    /// Moves bytes and sets the timer for connections on which nothing moves.
    package func finishTurn() throws(SystemdError) {
        server.run()
        try idle?.set(seconds: server.millisecondsToRun.map { Double($0 + 1) / 1000 })
    }

    package func stop() {
        sources = []
        idle = nil
        server.stop()
    }

    private func reply(to request: HTTPRequest) -> Reply {
        let called = "\(request.method) \(request.path)"
        do {
            let (reply, status) = try carryOut(request)
            if request.method != Method.get.rawValue {
                try service.audit(AuditedCall(peer: request.peer, route: called, status: status))
            }
            return reply
        } catch {
            let document = problem(of: error)
            if request.method != Method.get.rawValue {
                let call = AuditedCall(peer: request.peer, route: called, status: document.status)
                // A state database that cannot be written ends the service at its next commit.
                try? service.audit(call)
            }
            return .whole(response(to: document))
        }
    }

    private func carryOut(_ request: HTTPRequest) throws -> (Reply, status: Int) {
        try refuseStrangers(request)
        let route: Route
        let names: [String: String]
        switch Route.match(method: request.method, path: request.path) {
        case .found(let found, let parameters): (route, names) = (found, parameters)
        case .otherMethods(let methods): throw Refusal(ProblemDocument.otherMethods(methods))
        case .nothing: throw Refusal(.unknownPath(request.path))
        }
        guard let level = access.level(of: request.peer), level >= route.level else {
            throw Refusal(ProblemDocument.notPermitted(route.level))
        }
        if route == .runEvents {
            // Refuses a run that does not exist before the stream begins.
            let id = names["run"] ?? ""
            _ = try service.run(id: id)
            return (.events(ofRun: id), 200)
        }
        let answer = try call(route, names, request)
        return (.whole(answer.response), answer.status)
    }

    private func refuseStrangers(_ request: HTTPRequest) throws {
        if let origin = request.headers["origin"] {
            throw Refusal(
                status: 403,
                code: "cross_origin",
                "requests of web pages are not answered, this one comes from \"\(origin)\"",
                fix: "call the socket without an Origin header"
            )
        }
        if let api = request.headers[Route.apiHeader.lowercased()], api != Route.apiVersion {
            throw Refusal(
                status: 400,
                code: ProblemDocument.otherVersion,
                "the caller speaks version \"\(api)\" of the control channel, "
                    + "this clvd speaks \(Route.apiVersion)",
                fix: "install clvd and clvctl of one version"
            )
        }
    }

    private func call(
        _ route: Route,
        _ names: [String: String],
        _ request: HTTPRequest
    ) throws -> Answer {
        let tenant = names["tenant"] ?? ""
        let job = names["job"] ?? ""
        let run = names["run"] ?? ""
        switch route {
        case .version:
            let version = ProgramVersion.current
            return try Answer(VersionAnswer(version: version, api: Route.apiVersion))
        case .status: return Answer(json: try service.status())
        case .job: return try Answer(service.job(tenant: tenant, job: job))
        case .startRun:
            let example = #"{"retrain": true, "as_of": "2026-11-19"}, both optional"#
            let body = try body(StartRequest(), request, example)
            return try Answer(service.start(tenant: tenant, job: job, body), status: 202)
        case .why: return try Answer(service.why(tenant: tenant, job: job))
        case .checks:
            let limit = try number("limit", 20, 1...1000, request)
            return try Answer(service.checks(tenant: tenant, job: job, limit: limit))
        case .hold:
            let example = #"{"until": "2026-11-19T09:00:00Z", "reason": "stocktaking"}"#
            let body = try body(HoldRequest(), request, example)
            return try Answer(service.hold(tenant: tenant, job: job, body, by: request.peer))
        case .release: return try Answer(service.release(tenant: tenant, job: job))
        case .resume: return try Answer(service.resume())
        case .next:
            let count = try number("count", 10, 1...1000, request)
            return try Answer(service.next(tenant: tenant, job: job, count: count))
        case .models: return try Answer(service.models(tenant: tenant, job: job))
        case .runs:
            let limit = try number("limit", 20, 1...10_000, request)
            let filter = RunFilter(
                tenant: request.query["tenant"],
                job: request.query["job"],
                state: try state(request),
                limit: limit
            )
            return try Answer(service.runs(filter))
        case .run, .runEvents: return try Answer(service.run(id: run))
        case .cancelRun: return try Answer(service.cancel(id: run, by: request.peer), status: 202)
        case .reload:
            let answer = try service.reload()
            return try Answer(answer, status: answer.ok ? 200 : 422)
        }
    }

    /// The request's object; an empty body means `usual`.
    private func body<Body: Decodable>(
        _ usual: Body,
        _ request: HTTPRequest,
        _ example: String
    ) throws -> Body {
        if request.body.isEmpty { return usual }
        do {
            return try JSONCoding.decode(Body.self, from: request.body)
        } catch {
            throw Refusal(
                status: 400,
                code: "bad_request",
                "the body is not a JSON object of the expected form",
                cause: "\(error)",
                fix: "send \(example)"
            )
        }
    }

    private func number(
        _ name: String,
        _ usual: Int,
        _ range: ClosedRange<Int>,
        _ request: HTTPRequest
    ) throws -> Int {
        guard let text = request.query[name] else { return usual }
        guard let value = Int(text), range.contains(value) else {
            throw Refusal(
                status: 400,
                code: "bad_request",
                "\"\(name)\" must be a number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \"\(text)\""
            )
        }
        return value
    }

    /// The state of the runs that are wanted; nil: any.
    private func state(_ request: HTTPRequest) throws -> RunState? {
        guard let text = request.query["state"] else { return nil }
        if let state = RunState(rawValue: text) { return state }
        let states = RunState.allCases.map(\.rawValue).joined(separator: ", ")
        throw Refusal(
            status: 400,
            code: "bad_request",
            "\"state\" must be one of \(states), not \"\(text)\""
        )
    }

    private func problem(of error: any Error) -> ProblemDocument {
        switch error {
        case let refusal as Refusal: refusal.document
        case let problem as any Problem: ProblemDocument(status: 500, problem.report)
        default:
            ProblemDocument(
                status: 500,
                ProblemReport(code: "internal_error", message: "\(error)")
            )
        }
    }

    private func response(to document: ProblemDocument) -> HTTPResponse {
        do {
            let body = try JSONCoding.encode(document) + [10]
            let type = ProblemDocument.contentType
            return HTTPResponse(status: document.status, contentType: type, body: body)
        } catch {
            return HTTPResponse(
                status: 500,
                contentType: "text/plain",
                body: Array("cannot write the answer as JSON: \(error)\n".utf8)
            )
        }
    }
}

/// What a call that went well answers.
private struct Answer {
    var status = 200
    private var json: [UInt8]

    init(_ value: some Encodable, status: Int = 200) throws {
        self.status = status
        json = try JSONCoding.encode(value)
    }

    init(json: [UInt8]) { self.json = json }

    var response: HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: json + [10])
    }
}
