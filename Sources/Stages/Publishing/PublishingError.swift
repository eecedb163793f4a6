package import Domain

/// Why a forecast was not published.
package struct PublishingError: Problem, Sendable {
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
        _ failureClass: FailureClass
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.fix = fix
        self.failureClass = failureClass
    }
}
