import Domain

/// The large tables: partitioned by tenant, and within it by publication.
///
/// Readers use the views named without `_all`. A partition holds one job's publication, so the
/// job's name stands in `publications` and not in every row, and the key of a partition needs
/// neither the tenant nor the job.
enum BulkTable: String, CaseIterable {
    case customerPredictions = "customer_predictions"
    case purchasePredictions = "purchase_predictions"
    case newcomerPredictions = "newcomer_predictions"
    case totalPredictions = "total_predictions"
    case actualPurchases = "actual_purchases"

    /// The columns of one partition's primary key.
    var leafKey: String {
        switch self {
        case .customerPredictions: "customer_id, horizon_days"
        case .purchasePredictions: "customer_id, purchase_sequence"
        case .newcomerPredictions: "period_start_on"
        case .totalPredictions: "horizon_days, customer_group"
        case .actualPurchases: "customer_id, purchased_on"
        }
    }

    /// What is true of every row that a reader sees; NULL passes.
    var assertions: [String] {
        let names = columns.map(\.name)
        let ranges = names.filter { $0.hasSuffix("_low") }.map { low in
            "\(low) <= \(low.dropLast("low".count))high"
        }
        // NaN is above infinity in the server's order.
        let numbers = columns.filter { $0.type == "double precision" }.map { column in
            "\(column.name) < 'infinity'"
        }
        return ranges + numbers
    }

    var comment: String {
        switch self {
        case .customerPredictions: "the forecast per customer and horizon"
        case .purchasePredictions: "the next purchases of each customer, one by one"
        case .newcomerPredictions: "customers who have not come yet, per period"
        case .totalPredictions: "what the forecast adds up to"
        case .actualPurchases:
            "the purchase days that the forecast was made from; with include_actual"
        }
    }

    /// The published columns: what readers see behind tenant_id and job_name.
    var columns: [TableColumn] {
        switch self {
        case .customerPredictions:
            [
                .required("customer_id", #"text COLLATE "C""#, "the customer, as in the source"),
                .required("horizon_days", "integer", "how far ahead, in days"),
            ] + ForecastField.allCases.map(\.column) + [
                .required("model", "text", "the models that made the forecast"),
                .required("model_version", "text", "their version in the model store"),
                .required(
                    "changed_at",
                    "timestamptz",
                    "when the row's forecast last changed, whatever model_version; earlier again "
                        + "after a rollback"
                ),
            ]
        case .purchasePredictions: BulkTable.purchaseColumns
        case .newcomerPredictions: BulkTable.newcomerColumns
        case .totalPredictions: BulkTable.totalColumns
        case .actualPurchases: BulkTable.actualColumns
        }
    }

    var rootName: String { "\(rawValue)_all" }

    var root: Table {
        Table(
            name: rootName,
            comment: "\(comment), all kept publications; read \(rawValue) instead",
            columns: [
                .required("tenant_id", "text", "the company whose customers are forecast"),
                .required("publication_number", "bigint", "the publication, see publications"),
            ] + columns
                + (self == .customerPredictions
                    ? [.required("row_hash", "bigint", "hash of the row's published values")] : []),
            partitionedBy: "LIST (tenant_id)"
        )
    }

    private static let purchaseColumns: [TableColumn] = [
        .required("customer_id", #"text COLLATE "C""#, "the customer, or newcomers for all new"),
        .required("purchase_sequence", "integer", "1 is the next purchase"),
        .optional("expected_on", "date", "median date of the purchase"),
        .optional("expected_on_low", "date", "5 % quantile of the date"),
        .optional("expected_on_high", "date", "95 % quantile of the date"),
        .optional("expected_amount", "numeric(18,4)", "expected amount of the purchase"),
        .optional("expected_amount_low", "numeric(18,4)", "5 % quantile of the amount"),
        .optional("expected_amount_high", "numeric(18,4)", "95 % quantile of the amount"),
        .optional("probability", "double precision", "probability that the purchase is made"),
    ]

    private static let newcomerColumns: [TableColumn] = [
        .required("period_start_on", "date", "first day of the period"),
        .required("new_customers", "double precision", "expected customers never seen before"),
        .optional("new_customers_low", "double precision", "5 % quantile"),
        .optional("new_customers_high", "double precision", "95 % quantile"),
        .required("purchases", "double precision", "their purchase days, first ones included"),
        .optional("purchases_low", "double precision", "5 % quantile"),
        .optional("purchases_high", "double precision", "95 % quantile"),
        .optional("spend", "numeric(18,4)", "their spend in the period"),
        .optional("spend_low", "numeric(18,4)", "5 % quantile"),
        .optional("spend_high", "numeric(18,4)", "95 % quantile"),
    ]

    private static let actualColumns: [TableColumn] = [
        .required("customer_id", #"text COLLATE "C""#, "the customer, as in the source"),
        .required("purchased_on", "date", "the purchase day in the tenant's zone"),
        .optional("amount", "numeric(18,4)", "the day's net total; empty without amounts"),
    ]

    private static let totalColumns: [TableColumn] = [
        .required("horizon_days", "integer", "how far ahead, in days"),
        .required("customer_group", "text", "repeater, one_timer, newcomer or all"),
        .required("expected_purchases", "double precision", "expected number of purchase days"),
        .optional("expected_purchases_low", "double precision", "5 % quantile"),
        .optional("expected_purchases_high", "double precision", "95 % quantile"),
        .optional("expected_spend", "numeric(18,4)", "expected spend"),
        .optional("expected_spend_low", "numeric(18,4)", "5 % quantile"),
        .optional("expected_spend_high", "numeric(18,4)", "95 % quantile"),
        .optional("expected_value", "numeric(18,4)", "expected value: margin, discount applied"),
        .optional("expected_value_low", "numeric(18,4)", "5 % quantile"),
        .optional("expected_value_high", "numeric(18,4)", "95 % quantile"),
    ]
}
