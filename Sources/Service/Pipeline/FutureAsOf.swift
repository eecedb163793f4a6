import Domain

/// Nobody knows the purchases of days to come.
struct FutureAsOf: Problem {
    private let asOf: Day

    static func refuse(_ asOf: Day?, today: Day) throws(FutureAsOf) {
        if let asOf, asOf > today { throw FutureAsOf(asOf: asOf) }
    }

    var code: String { "as_of_in_future" }
    var message: String { "as-of date \(asOf) is in the future" }
    var cause: String? { nil }
    var fix: String? { "choose a day that is over, or leave it out" }
    var failureClass: FailureClass { .refused }
}
