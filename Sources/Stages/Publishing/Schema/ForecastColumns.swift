import Domain

extension ForecastField {
    var sqlType: String {
        switch kind {
        case .number, .percent: "double precision"
        case .money: "numeric(18,4)"
        case .date: "date"
        case .score: "smallint"
        case .label: "text"
        }
    }

    /// The column in the table and in the views.
    var column: TableColumn {
        self == .customerGroup
            ? .required(name, sqlType, meaning) : .optional(name, sqlType, meaning)
    }

    private var meaning: String {
        switch self {
        case .customerGroup: "repeater (two or more purchase days) or one_timer (one)"
        case .returnProbability: "probability of at least one purchase within the horizon"
        case .pAlive: "probability that the customer is still a customer on the as-of date"
        case .expectedPurchases: "expected number of purchase days within the horizon"
        case .expectedPurchasesLow: "5 % quantile of the purchases within the horizon"
        case .expectedPurchasesHigh: "95 % quantile of the purchases within the horizon"
        case .expectedAverageSpend: "expected spend of one purchase day"
        case .expectedAverageSpendLow: "5 % quantile of the average spend"
        case .expectedAverageSpendHigh: "95 % quantile of the average spend"
        case .expectedSpend: "expected spend within the horizon"
        case .expectedSpendLow: "5 % quantile of the spend within the horizon"
        case .expectedSpendHigh: "95 % quantile of the spend within the horizon"
        case .expectedValue: "expected spend with margin and discount: the CLV of the horizon"
        case .expectedValueLow: "5 % quantile of the value within the horizon"
        case .expectedValueHigh: "95 % quantile of the value within the horizon"
        case .nextPurchaseOn: "median date of the next purchase, given that there is one"
        case .nextPurchaseOnLow: "5 % quantile of the date of the next purchase"
        case .nextPurchaseOnHigh: "95 % quantile of the date of the next purchase"
        case .historicSpend: "net spend up to the as-of date"
        case .totalCLV: "historic_spend x gross margin + expected_value"
        case .clvPercentile:
            "percent of the horizon's customers whose expected_value is not higher"
        case .rfmRecencyScore: "1 (long ago) to 5 (lately) by the last purchase day"
        case .rfmFrequencyScore: "1 (few) to 5 (many) by the number of purchase days"
        case .rfmMonetaryScore: "1 (little) to 5 (much) by the net total; empty without amounts"
        case .rfmScore: "sum of the three scores, 3 to 15; empty without amounts"
        case .segment: "named group of customers by their scores; empty without amounts"
        case .clvLevel:
            "Low, Mid, High or Top by quartiles of expected_value or the job's clv_levels; "
                + "empty without amounts"
        case .mismatch:
            "Aligned, Overrated (Champions or Loyal Customers whose level is Low) or Underrated "
                + "(At Risk, Lost or Hibernating whose level is High or Top); empty without amounts"
        }
    }
}
