import Domain

/// An error that no module foresaw: our own fault.
struct Unforeseen: Problem {
    let cause: String?

    private init(_ error: any Error) { cause = "\(error)" }

    /// The problem that an error is.
    static func orProblem(_ error: any Error) -> any Problem {
        error as? any Problem ?? Unforeseen(error)
    }

    var code: String { "internal_error" }
    var message: String { "the run failed for a reason that was not foreseen" }
    var fix: String? { "report it with the lines before it in the journal" }
    var failureClass: FailureClass { .crash }
}
