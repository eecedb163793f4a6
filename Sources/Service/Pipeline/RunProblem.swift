import Domain

/// What is told of a run that an error ended.
func problem(behind error: any Error) -> any Problem {
    // A query that was cancelled fails with an error of its own; the cause is the cancellation.
    Cancellation.isRequested ? Cancelled() : error as? any Problem ?? Unforeseen(error)
}

/// An error that no module foresaw: our own fault.
private struct Unforeseen: Problem {
    let cause: String?

    init(_ error: any Error) { cause = "\(error)" }

    var code: String { "internal_error" }
    var message: String { "the run failed for a reason that was not foreseen" }
    var fix: String? { "report it with the lines before it in the journal" }
    var failureClass: FailureClass { .crash }
}
