/// The columns of `customer_predictions` that hold a forecast, in the order of the table.
///
/// The one list behind the table's DDL, the COPY encoder and the CSV header. The key (tenant_id,
/// job_name, customer_id, horizon_days) stands before them, `model`, `model_version` and
/// `changed_at` after them.
package enum ForecastField: Int, CaseIterable, Sendable {
    case customerGroup
    case returnProbability, pAlive
    case expectedPurchases, expectedPurchasesLow, expectedPurchasesHigh
    case expectedAverageSpend, expectedAverageSpendLow, expectedAverageSpendHigh
    case expectedSpend, expectedSpendLow, expectedSpendHigh
    case expectedValue, expectedValueLow, expectedValueHigh
    case nextPurchaseOn, nextPurchaseOnLow, nextPurchaseOnHigh
    case historicSpend, totalCLV, clvPercentile
    case rfmRecencyScore, rfmFrequencyScore, rfmMonetaryScore, rfmScore
    case segment, clvLevel, mismatch

    package enum Kind: Sendable {
        /// Published with six decimals.
        case number
        /// Published with two decimals.
        case percent
        case money
        /// The value is a `Day.number`.
        case date
        case score
        /// The value is an index into the labels.
        case label([String])

        package var sqlType: String {
            switch self {
            case .number, .percent: "double precision"
            case .money: "numeric(18,4)"
            case .date: "date"
            case .score: "smallint"
            case .label: "text"
            }
        }

        /// The decimals that are published of a quantity; a file and a table get the same.
        package var decimals: Int {
            switch self {
            case .number: 6
            case .money: 4
            case .percent: 2
            case .date, .score, .label: 0
            }
        }
    }

    /// The largest amount that can be published; a range that reaches farther ends there.
    package static let largestMoney = 99_999_999_999_999.0
    /// The days that can be published: 0001-01-01 to 9999-12-31.
    package static let dayNumbers = -719_162.0...2_932_896.0

    package var name: String {
        switch self {
        case .customerGroup: "customer_group"
        case .returnProbability: "return_probability"
        case .pAlive: "p_alive"
        case .expectedPurchases: "expected_purchases"
        case .expectedPurchasesLow: "expected_purchases_low"
        case .expectedPurchasesHigh: "expected_purchases_high"
        case .expectedAverageSpend: "expected_average_spend"
        case .expectedAverageSpendLow: "expected_average_spend_low"
        case .expectedAverageSpendHigh: "expected_average_spend_high"
        case .expectedSpend: "expected_spend"
        case .expectedSpendLow: "expected_spend_low"
        case .expectedSpendHigh: "expected_spend_high"
        case .expectedValue: "expected_value"
        case .expectedValueLow: "expected_value_low"
        case .expectedValueHigh: "expected_value_high"
        case .nextPurchaseOn: "next_purchase_on"
        case .nextPurchaseOnLow: "next_purchase_on_low"
        case .nextPurchaseOnHigh: "next_purchase_on_high"
        case .historicSpend: "historic_spend"
        case .totalCLV: "total_clv"
        case .clvPercentile: "clv_percentile"
        case .rfmRecencyScore: "rfm_recency_score"
        case .rfmFrequencyScore: "rfm_frequency_score"
        case .rfmMonetaryScore: "rfm_monetary_score"
        case .rfmScore: "rfm_score"
        case .segment: "segment"
        case .clvLevel: "clv_level"
        case .mismatch: "mismatch"
        }
    }

    package var kind: Kind {
        switch self {
        case .customerGroup: .label(["repeater", "one_timer"])
        case .returnProbability, .pAlive, .expectedPurchases, .expectedPurchasesLow,
            .expectedPurchasesHigh:
            .number
        case .clvPercentile: .percent
        case .expectedAverageSpend, .expectedAverageSpendLow, .expectedAverageSpendHigh,
            .expectedSpend, .expectedSpendLow, .expectedSpendHigh, .expectedValue,
            .expectedValueLow, .expectedValueHigh, .historicSpend, .totalCLV:
            .money
        case .nextPurchaseOn, .nextPurchaseOnLow, .nextPurchaseOnHigh: .date
        case .rfmRecencyScore, .rfmFrequencyScore, .rfmMonetaryScore, .rfmScore: .score
        case .segment: .label(Segment.allCases.map(\.label))
        case .clvLevel: .label(ValueLevel.allCases.map(\.label))
        case .mismatch: .label(Mismatch.allCases.map(\.label))
        }
    }
}

/// A forecast for consecutive customers of a ledger and one horizon, in columns.
///
/// A million customers with all columns would not fit the memory budget, so a forecast is made,
/// written and forgotten a batch at a time.
package struct ForecastBatch: Sendable {
    /// Which customers of the ledger.
    package let customers: Range<Int>
    package let horizonDays: Int
    /// By `ForecastField.rawValue`: empty where nothing is known, else one value per customer,
    /// NaN where that customer has none.
    package var columns: [[Double]]

    package init(customers: Range<Int>, horizonDays: Int) {
        self.customers = customers
        self.horizonDays = horizonDays
        columns = Array(repeating: [], count: ForecastField.allCases.count)
    }

    package subscript(field: ForecastField) -> [Double] {
        get { columns[field.rawValue] }
        set { columns[field.rawValue] = newValue }
    }
}
