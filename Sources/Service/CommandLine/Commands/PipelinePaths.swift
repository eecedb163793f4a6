/// The files of `clvctl pipeline`, absolute: the worker opens them, in a process of its own.
struct PipelinePaths {
    let input: String
    /// Nil: standard output.
    let output: String?
    let report: String?
    let rejected: String?

    init(_ arguments: ParsedArguments, _ surroundings: Surroundings) throws(CommandFailure) {
        func path(_ option: String) throws(CommandFailure) -> String? {
            guard let text = arguments.value(option) else { return nil }
            return try PipelinePaths.path(
                text,
                surroundings,
                insteadOf: "name a file with --\(option)"
            )
        }
        input = try PipelinePaths.path(
            arguments.positionals[0],
            surroundings,
            insteadOf: "write the purchases to a file first; it may be compressed with gzip"
        )
        let isStandardOutput = ["-", "/dev/stdout"].contains(arguments.value("output") ?? "-")
        output = isStandardOutput ? nil : try path("output")
        report = try path("report")
        rejected = try path("rejected")
        var seen = [input]
        for path in [output, report, rejected].compactMap({ $0 }) where path != "/dev/null" {
            if seen.contains(path) {
                throw .usage("\"\(path)\" is named twice", fix: "give each file a path of its own")
            }
            seen.append(path)
        }
    }

    /// A path that means the same in another process.
    private static func path(
        _ text: String,
        _ surroundings: Surroundings,
        insteadOf fix: String
    ) throws(CommandFailure) -> String {
        let own = ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/fd/", "/proc/self/"]
        if text == "-" || text.isEmpty || own.contains(where: { text.hasPrefix($0) }) {
            throw .usage("\"\(text)\" cannot stand for a file here", fix: fix)
        }
        return surroundings.absolute(text)
    }
}
