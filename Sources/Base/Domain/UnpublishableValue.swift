/// A forecast that no published column can hold, in a file as in a table.
package struct UnpublishableValue: Problem {
    package let field: ForecastField
    package let customer: String
    package let value: Double

    package init(_ value: Double, _ field: ForecastField, customer: String) {
        self.value = value
        self.field = field
        self.customer = customer
    }

    package var code: String { "unpublishable_value" }
    package var message: String {
        "\(field.name) of customer \"\(customer)\" cannot be published"
    }
    package var cause: String? { "\(value) does not fit \(field.kind.sqlType)" }
    package var fix: String? {
        "correct amounts of this size in the source, or express them in a larger unit"
    }
    package var failureClass: FailureClass { .refused }
}
