package import Domain

/// The store refused a version, or found it damaged.
package struct StoreProblem: Problem {
    package let code: String
    package let message: String
    package let cause: String?
    package let fix: String?
    package let failureClass: FailureClass

    init(
        _ code: String,
        _ message: String,
        cause: String? = nil,
        fix: String? = nil,
        failureClass: FailureClass = .refused
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.fix = fix
        self.failureClass = failureClass
    }
}
