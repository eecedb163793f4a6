import Configuration
import ControlAPI

extension ProblemDocument {
    /// No route has this path; names the one that was probably meant.
    static func unknownPath(_ path: String) -> ProblemDocument {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let candidates = Set(Route.allCases.map(\.template)).sorted().compactMap { template in
            filled(template, parts)
        }
        let near = Suggestion.nearest(to: path, among: candidates)
        return .notFound(
            "there is no route \"\(path)\"",
            fix: near.map { "did you mean \"\($0)\"?" }
                ?? "routes: " + Set(Route.allCases.map(\.template)).sorted().joined(separator: ", ")
        )
    }

    /// The template with the path's own words for its names; nil when it is not as long.
    private static func filled(_ template: String, _ parts: [Substring]) -> String? {
        let words = template.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == parts.count else { return nil }
        return zip(words, parts).map { $0.first == "{" ? $1 : $0 }.joined(separator: "/")
    }
}
