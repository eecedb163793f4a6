/// What is found wrong with one file while it is read.
struct Report: Sendable {
    let source: SourceText
    private(set) var diagnostics: [Diagnostic] = []

    init(_ source: SourceText) { self.source = source }

    /// A value that cannot be used, without its place.
    struct Complaint: Error {
        var code: Diagnostic.Code
        var summary: String
        var hint: String?
        var expected: String?
        var fix: String?
    }

    mutating func add(
        _ complaint: Complaint,
        at place: Place?,
        _ severity: Diagnostic.Severity = .error
    ) {
        let excerpt = place.flatMap { source.excerpt($0) }
        diagnostics.append(
            Diagnostic(
                severity: severity,
                code: complaint.code,
                summary: complaint.summary,
                file: source.file,
                line: place?.line,
                column: place?.column,
                sourceLine: excerpt?.line,
                markStart: excerpt?.start,
                markLength: excerpt?.length,
                hint: complaint.hint,
                expected: complaint.expected,
                fix: complaint.fix
            )
        )
    }

    /// In the order of the file.
    var sorted: [Diagnostic] {
        diagnostics.sorted { ($0.line ?? 0, $0.column ?? 0) < ($1.line ?? 0, $1.column ?? 0) }
    }
}
