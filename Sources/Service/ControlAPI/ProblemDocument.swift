package import Domain

/// An error on the control channel: RFC 9457 `application/problem+json`, with ours added.
package struct ProblemDocument: Codable, Hashable, Sendable {
    package static let contentType = "application/problem+json"

    package var type: String
    package var title: String
    package var status: Int
    package var detail: String
    /// Stable, for programs.
    package var code: String
    package var cause: String?
    package var fix: String?

    package init(status: Int, _ problem: ProblemReport) {
        type = "urn:clvd:problem:\(problem.code)"
        title = problem.code.split(separator: "_").joined(separator: " ")
        self.status = status
        detail = problem.message
        code = problem.code
        cause = problem.cause
        fix = problem.fix
    }

    package var report: ProblemReport {
        ProblemReport(code: code, message: detail, cause: cause, fix: fix)
    }

    /// What `clvctl` ends with.
    package var exit: CommandExit {
        if code == ProblemDocument.otherVersion { return .unreachable }
        return switch status {
        case 400: .usage
        case 401, 403: .permission
        case 404: .notFound
        case 422: .configuration
        case 503: .unreachable
        default: .failed
        }
    }

    /// The code of a request whose `Clvd-Api` is not ours.
    package static let otherVersion = "other_version"
}

extension ProblemDocument {
    package static func notFound(_ message: String, fix: String?) -> ProblemDocument {
        ProblemDocument(
            status: 404,
            ProblemReport(code: "not_found", message: message, fix: fix)
        )
    }

    package static func notPermitted(_ level: AccessLevel) -> ProblemDocument {
        let group = level == .view ? "clvd-view" : "clvd"
        let report = ProblemReport(
            code: "not_permitted",
            message: "this needs the level \"\(level)\"",
            fix: level == .administer
                ? "run it as root, with sudo" : "sudo usermod -aG \(group) $USER, then log in again"
        )
        return ProblemDocument(status: 403, report)
    }

    package static func otherMethods(_ methods: [Method]) -> ProblemDocument {
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        return ProblemDocument(
            status: 405,
            ProblemReport(
                code: "method_not_allowed",
                message: "this path only takes \(allowed)",
                fix: "use \(allowed)"
            )
        )
    }
}
