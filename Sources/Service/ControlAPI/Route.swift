/// What a caller may do; each level includes the ones before it.
package enum AccessLevel: Int, Comparable, Sendable {
    case view, operate, administer

    package static func < (one: AccessLevel, other: AccessLevel) -> Bool {
        one.rawValue < other.rawValue
    }
}

/// The methods of the control channel.
package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case delete = "DELETE"
}

/// The one table of the control channel: every route with its method, path and level.
///
/// HTTP/1.1 with JSON over a Unix socket. Both sides send `Clvd-Api`.
package enum Route: CaseIterable, Sendable {
    case version, status, job, startRun, runs, run, cancelRun, runEvents, next, models, reload
    case why, checks, hold, release, resume

    /// The header that both sides send, and its only value.
    package static let apiHeader = "Clvd-Api"
    package static let apiVersion = "1"
    package static let socketPath = "/run/clvd/control.sock"

    package var method: Method {
        switch self {
        case .startRun, .reload, .hold, .resume: .post
        case .cancelRun, .release: .delete
        default: .get
        }
    }

    package var template: String {
        switch self {
        case .version: "/v1/version"
        case .status: "/v1/status"
        case .job: "/v1/jobs/{tenant}/{job}"
        case .startRun: "/v1/jobs/{tenant}/{job}/runs"
        case .next: "/v1/jobs/{tenant}/{job}/next"
        case .models: "/v1/jobs/{tenant}/{job}/models"
        case .why: "/v1/jobs/{tenant}/{job}/why"
        case .checks: "/v1/jobs/{tenant}/{job}/checks"
        case .hold, .release: "/v1/jobs/{tenant}/{job}/hold"
        case .resume: "/v1/resume"
        case .runs: "/v1/runs"
        case .run, .cancelRun: "/v1/runs/{run}"
        case .runEvents: "/v1/runs/{run}/events"
        case .reload: "/v1/reload"
        }
    }

    package var level: AccessLevel {
        switch self {
        case .version, .status, .job, .runs, .run, .runEvents, .next, .models, .why, .checks: .view
        case .startRun, .cancelRun, .hold, .release, .resume: .operate
        case .reload: .administer
        }
    }
}

extension Route {
    /// What a request's method and path name.
    package enum Match: Equatable, Sendable {
        /// The parts of the path in braces by name, decoded.
        case found(Route, [String: String])
        /// The path exists with these methods only.
        case otherMethods([Method])
        case nothing
    }

    /// Finds the route of a request; `path` is without the query, as it was sent.
    package static func match(method: String, path: String) -> Match {
        var others: [Method] = []
        for route in allCases {
            guard let parameters = route.parameters(of: path) else { continue }
            if route.method.rawValue == method { return .found(route, parameters) }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    private func parameters(of path: String) -> [String: String]? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let names = template.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == names.count else { return nil }
        var found: [String: String] = [:]
        for (part, name) in zip(parts, names) {
            if name.first == "{" {
                guard let value = PercentCoding.decode(part), !value.isEmpty else { return nil }
                found[String(name.dropFirst().dropLast())] = value
            } else if part != name {
                return nil
            }
        }
        return found
    }

    /// The path of a request, with its query; values that are nil are left out.
    package func path(
        _ parameters: [String: String] = [:],
        query: KeyValuePairs<String, String?> = [:]
    ) -> String {
        let filled = template.split(separator: "/").map { part in
            guard part.first == "{" else { return String(part) }
            return PercentCoding.encode(parameters[String(part.dropFirst().dropLast())] ?? "")
        }
        let given = query.compactMap { name, value in
            value.map { "\(name)=\(PercentCoding.encode($0))" }
        }
        let path = "/" + filled.joined(separator: "/")
        return given.isEmpty ? path : path + "?" + given.joined(separator: "&")
    }
}
