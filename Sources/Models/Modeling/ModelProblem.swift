package import Domain

/// Why a model cannot be fitted, loaded or used.
package struct ModelProblem: Problem {
    package var code: String
    package var message: String
    package var cause: String?
    package var fix: String?
    package var failureClass: FailureClass

    package init(
        code: String,
        message: String,
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

    package static let cancelled = ModelProblem(
        code: "cancelled",
        message: "the fit was cancelled",
        failureClass: .cancelled
    )
    package static let noCustomers = ModelProblem(
        code: "no_customers",
        message: "cannot fit any model: no customer has a purchase",
        fix: "check the query and its columns, and the rejected rows with their reasons"
    )

    package static func tooFewCustomers(_ model: String) -> ModelProblem {
        ModelProblem(
            code: "too_few_customers",
            message: "cannot fit model \"\(model)\" to a single customer",
            fix: "check that \"customer_indicator\" names the customer; how customers differ takes"
                + " several of them, some with purchases on two days"
        )
    }

    package static func noRepeatPurchases(_ model: String, customers: Int) -> ModelProblem {
        ModelProblem(
            code: "no_repeat_purchases",
            message: "cannot fit model \"\(model)\": none of \(customers) customers"
                + " bought on a second day",
            fix: "check that \"customer_indicator\" names customers and not orders, and that the"
                + " query reaches back far enough; a purchase model learns from those who came back"
        )
    }

    package static func noSpend(_ model: String) -> ModelProblem {
        ModelProblem(
            code: "no_spend",
            message: "cannot fit model \"\(model)\": no customer spent anything",
            fix: "check \"amount_indicator\"; a spend model learns from amounts above zero"
        )
    }

    package static func noRepeatSpend(_ model: String) -> ModelProblem {
        ModelProblem(
            code: "no_repeat_spend",
            message:
                "cannot fit model \"\(model)\": no customer spent anything after the first day",
            fix: "check \"amount_indicator\"; a spend model learns from amounts above zero of"
                + " customers who came back"
        )
    }

    package static func damaged(_ model: FittedModel, expected: String) -> ModelProblem {
        ModelProblem(
            code: "damaged_model",
            message:
                "cannot use the stored model \"\(model.name)\": its parameters are not \(expected)",
            cause: model.parameters.sorted { $0.key < $1.key }
                .map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            fix: "retrain the job: clvctl run TENANT/JOB --retrain"
        )
    }
}
