import ControlAPI
import HTTPClient
import JSONCoding

/// Asks `clvd`, and turns every way of getting no answer into advice.
struct ControlClient {
    struct Reply<Value> {
        let value: Value
        /// As clvd sent it: a newer one may say more than we understand.
        let bytes: [UInt8]
    }

    private let http: HTTPClient
    private let socketPath: String

    init(_ arguments: ParsedArguments, _ surroundings: Surroundings) {
        let given = arguments.value("socket") ?? surroundings.variable("CLVD_SOCKET")
        socketPath = given.map(surroundings.absolute) ?? Route.socketPath
        let interrupts = surroundings.interrupts
        http = HTTPClient(socketPath: socketPath) { interrupts() > 0 }
    }

    /// Whether the service is asked that the system runs, and nobody named another.
    var isUsual: Bool { socketPath == Route.socketPath }

    func ask<Value: Decodable>(
        _ type: Value.Type,
        _ route: Route,
        _ parameters: [String: String] = [:],
        query: KeyValuePairs<String, String?> = [:],
        body: (any Encodable)? = nil,
        timeoutSeconds: Double = 30
    ) throws(CommandFailure) -> Reply<Value> {
        var request = request(route, parameters, query)
        request.timeoutSeconds = timeoutSeconds
        if let body {
            guard let bytes = try? JSONCoding.encode(body) else { throw unreadable(nil) }
            request.body = bytes
            request.headers.append(("Content-Type", "application/json"))
        }
        let answer: HTTPClient.Answer
        do throws(HTTPClientError) {
            answer = try http.send(request)
        } catch {
            throw advice(error)
        }
        try check(answer)
        guard let value = try? JSONCoding.decode(type, from: answer.body) else {
            throw refusal(answer)
        }
        return Reply(value: value, bytes: answer.body)
    }

    /// Gives each event of a run to `take`, until that returns false or the stream ends.
    func events(
        of runID: String,
        timeoutSeconds: Double?,
        whileWaiting: @escaping () -> Void,
        take: @escaping (RunEvent, [UInt8]) -> Bool
    ) throws(CommandFailure) {
        var request = request(.runEvents, ["run": runID], [:])
        request.timeoutSeconds = timeoutSeconds
        let answer: HTTPClient.Answer
        do throws(HTTPClientError) {
            answer = try http.stream(request, whileWaiting: whileWaiting) { line in
                // A newer clvd may send kinds of events that are unknown here.
                guard let event = try? JSONCoding.decode(RunEvent.self, from: line) else {
                    return true
                }
                return take(event, line)
            }
        } catch {
            throw advice(error)
        }
        try check(answer)
        if !answer.isSuccess { throw refusal(answer) }
    }

    private func request(
        _ route: Route,
        _ parameters: [String: String],
        _ query: KeyValuePairs<String, String?>
    ) -> HTTPClient.Request {
        HTTPClient.Request(
            method: route.method.rawValue,
            path: route.path(parameters, query: query),
            headers: [
                (Route.apiHeader, Route.apiVersion), ("Accept", "application/json"),
            ]
        )
    }

    private func check(_ answer: HTTPClient.Answer) throws(CommandFailure) {
        let found = answer.headers[Route.apiHeader.lowercased()]
        guard found == Route.apiVersion else { throw otherVersion(found) }
    }

    /// What an answer says that is not the expected one.
    private func refusal(_ answer: HTTPClient.Answer) -> CommandFailure {
        guard !answer.isSuccess,
            let problem = try? JSONCoding.decode(ProblemDocument.self, from: answer.body)
        else { return answer.isSuccess || !answer.body.isEmpty ? unreadable(answer) : ended }
        return CommandFailure(problem.report, exit: problem.exit)
    }
}

extension ControlClient {
    /// The three messages that must not be confused, and the rest.
    private func advice(_ error: HTTPClientError) -> CommandFailure {
        switch error {
        case .noSocket, .refused:
            return CommandFailure(
                .unreachable,
                "not_running",
                "clvd is not running, or listens elsewhere",
                cause: "\(error.message): \(error.cause ?? "")",
                fix: isUsual
                    ? "sudo systemctl start clvd"
                    : "start it with clvd --socket \(socketPath), or leave out --socket and "
                        + "CLVD_SOCKET to ask the installed service"
            )
        case .notPermitted:
            return CommandFailure(
                .permission,
                "not_permitted",
                error.message,
                cause: error.cause,
                fix: "sudo usermod -aG clvd $USER, then log in again"
            )
        case .timedOut:
            return CommandFailure(
                .timedOut,
                "timed_out",
                "clvd did not answer: \(error.message)",
                fix: "journalctl -u clvd -n 50"
            )
        case .interrupted: return .interrupted
        case .answerTooLarge, .lineTooLong, .broken:
            return CommandFailure(
                .unreachable,
                error.code,
                "clvd gave no whole answer: \(error.message)",
                cause: error.cause,
                fix: "journalctl -u clvd -n 50"
            )
        }
    }

    private func otherVersion(_ found: String?) -> CommandFailure {
        guard let found else {
            return CommandFailure(
                .unreachable,
                "other_version",
                "what listens on \"\(socketPath)\" is not clvd",
                cause: "its answer has no \(Route.apiHeader) header",
                fix: "check --socket and CLVD_SOCKET"
            )
        }
        let isNewer = (Int(found) ?? 0) > (Int(Route.apiVersion) ?? 0)
        return CommandFailure(
            .unreachable,
            "other_version",
            "clvd and clvctl are of different versions",
            cause:
                "clvd speaks version \(found) of the control channel, clvctl \(Route.apiVersion)",
            fix: isNewer
                ? "upgrade clvctl, or use the one that was installed with clvd"
                : "upgrade clvd, then sudo systemctl restart clvd"
        )
    }

    /// An answer with nothing in it is what a server gives that stops.
    private var ended: CommandFailure {
        CommandFailure(
            .unreachable,
            "clvd_ended",
            "clvd ended before it answered",
            fix: "read why: journalctl -u clvd -n 50; what was asked may not have happened"
        )
    }

    private func unreadable(_ answer: HTTPClient.Answer?) -> CommandFailure {
        let start = answer.map { String(decoding: $0.body.prefix(200), as: UTF8.self) } ?? ""
        return CommandFailure(
            .unreachable,
            "unreadable_answer",
            "clvctl cannot read what clvd answered",
            cause: "status \(answer?.status ?? 0): \(start)",
            fix: "install clvd and clvctl of one version"
        )
    }
}

extension CommandFailure {
    static let interrupted = CommandFailure(.interrupted, "interrupted", "interrupted")
}
